"""Settings, engines and the wiring of everything: the only place that knows them all."""
