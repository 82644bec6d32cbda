# `make conformance`: the otel recorder against the real OpenTelemetry Collector and the real Prometheus.
#
# Both are built from the Go module proxy, into folders of the cache that are named for what they are built from, so that
# only the first run builds, and a changed version builds anew.

COLLECTOR_VERSION := 0.159.0

CONFORMANCE := $(BUILD)/conformance
sources_key = $(shell cat $(1) | sha256sum | cut -c 1-12)

COLLECTOR_MANIFEST := conformance/collector/builder.yaml
COLLECTOR_FOLDER := $(CONFORMANCE)/collector-$(COLLECTOR_VERSION)-$(call sources_key,$(COLLECTOR_MANIFEST))
COLLECTOR := $(COLLECTOR_FOLDER)/collector/collector

PROMETHEUS_MODULE := conformance/prometheus
PROMETHEUS_FOLDER := $(CONFORMANCE)/prometheus-$(call sources_key,$(PROMETHEUS_MODULE)/go.mod $(PROMETHEUS_MODULE)/go.sum)
PROMETHEUS := $(PROMETHEUS_FOLDER)/prometheus
PROMTOOL := $(PROMETHEUS_FOLDER)/promtool
# The part of Prometheus that finds what to scrape in a dozen clouds is two thirds of it.
PROMETHEUS_TAGS := remove_all_sd

# Debian's Prometheus: the older one that scrapes.
SCRAPER_FOLDER := $(CONFORMANCE)/debian-prometheus
SCRAPER := $(SCRAPER_FOLDER)/usr/bin/prometheus

# Go's own caches too stay in the cache, and can be removed (`-modcacherw`).
GO_ENVIRONMENT := GOPATH=$(BUILD)/go GOCACHE=$(BUILD)/go/build-cache GOFLAGS='-modcacherw -p=2' GOTOOLCHAIN=local CGO_ENABLED=0

.PHONY: go
go:
	@command -v go >/dev/null || { echo 'go is missing: make conformance builds with Go 1.26 or newer' >&2; exit 1; }

$(COLLECTOR): | go
	mkdir -p $(COLLECTOR_FOLDER)
	$(GO_ENVIRONMENT) GOBIN=$(COLLECTOR_FOLDER) go install go.opentelemetry.io/collector/cmd/builder@v$(COLLECTOR_VERSION)
	cp $(COLLECTOR_MANIFEST) $(COLLECTOR_FOLDER)
	cd $(COLLECTOR_FOLDER) && $(GO_ENVIRONMENT) ./builder --config builder.yaml

$(PROMETHEUS) $(PROMTOOL) &: | go
	mkdir -p $(PROMETHEUS_FOLDER)
	cd $(PROMETHEUS_MODULE) && $(GO_ENVIRONMENT) go build -trimpath -tags $(PROMETHEUS_TAGS) -o $(PROMETHEUS_FOLDER)/ \
		github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool

$(SCRAPER):
	mkdir -p $(SCRAPER_FOLDER)
	cd $(SCRAPER_FOLDER) && { apt-get download -qq prometheus || { apt-get update -qq; apt-get download -qq prometheus; }; }
	cd $(SCRAPER_FOLDER) && dpkg-deb -x prometheus_*.deb .

.PHONY: conformance
conformance: setup target .venv-oldest/wheel.stamp $(COLLECTOR) $(PROMETHEUS) $(PROMTOOL) $(SCRAPER) ## Prove the otel recorder with the real Collector and Prometheus
	DEMO_TARGET=$(TARGET_BINARY) CONFORMANCE_COLLECTOR=$(COLLECTOR) CONFORMANCE_PROMETHEUS=$(PROMETHEUS) \
		CONFORMANCE_PROMTOOL=$(PROMTOOL) CONFORMANCE_SCRAPER=$(SCRAPER) .venv/bin/python -m pytest tests/conformance $(CONFORMANCE_OPTIONS)

# The programs alone, for other tests or to look at.
.PHONY: conformance-programs
conformance-programs: $(COLLECTOR) $(PROMETHEUS) $(PROMTOOL) $(SCRAPER)
