package sandbox

import "net/http"

func (s *Sandbox) newSite() http.Handler { return http.NotFoundHandler() }
