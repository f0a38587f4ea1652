package main

// bashShim stands in for the three functions of the package bash-completion that cobra's script calls, in a
// bash without it.
const bashShim = `
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    # Puts words back together that bash broke at = and :, and sets cur, prev, words and cword.
    _get_comp_words_by_ref() {
        local i word last joined=()
        cword=0
        for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
            word=${COMP_WORDS[i]}
            last=$((${#joined[@]} - 1))
            if ((i > 0)) && [[ $word == [=:]* || ${joined[last]} == *[=:] ]]; then
                joined[last]+=$word
            else
                joined+=("$word")
            fi
            ((i == COMP_CWORD)) && cword=$((${#joined[@]} - 1))
        done
        words=("${joined[@]}")
        cur=${words[cword]}
        prev=
        ((cword > 0)) && prev=${words[cword - 1]}
        return 0
    }
fi
if ! declare -F _filedir >/dev/null; then
    # Directories, and files with one of the suffixes in $1; -d is directories only.
    _filedir() {
        local name
        compopt -o filenames 2>/dev/null
        while IFS= read -r name; do
            [[ $1 != -d && ( -z $1 || $name =~ \.($1)$ ) || -d $name ]] && COMPREPLY+=("$name")
        done < <(compgen -f -- "$cur")
    }
fi
if ! declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions() { :; }
fi
`
