"""The documented Python names, as facts: `module:name`, and `module:Class.member`.

Parameters are written as in a definition; `...` stands for a default whose value is not documented.
"""

from typing import Any

#: Functions and their parameters.
FUNCTIONS: dict[str, str] = {
    "locust_telemetry.entrypoint:initialize": "*args, **kwargs",
    "locust_telemetry.entrypoint:setup_telemetry": "",
    "locust_telemetry.logger:configure_logging": "level='INFO'",
    "locust_telemetry.metadata:set_test_metadata": "environment, metadata",
    "locust_telemetry.common.helpers:warmup_psutil": "process",
    "locust_telemetry.common.helpers:convert_bytes_to_mib": "value",
    "locust_telemetry.common.helpers:get_utc_time_with_buffer": "seconds_buffer",
    "locust_telemetry.common.helpers:add_percentiles": "stats",
    "locust_telemetry.common.helpers:get_source_id": "env",
    "locust_telemetry.common.helpers:create_otel_histogram": "meter, name, description, unit='ms', **kwargs",
    "locust_telemetry.common.helpers:create_otel_observable_gauge": (
        "meter, name, description, unit='1', callbacks=None, **kwargs"
    ),
    "locust_telemetry.common.helpers:create_otel_counter": "meter, name, description, unit='1', **kwargs",
    "locust_telemetry.recorders.otel.otel:configure_otel": "environment",
    "locust_telemetry.core.cli:register_telemetry_cli_args": "parser",
}

#: Classes and the parameters of their constructors, where documented.
CLASSES: dict[str, str | None] = {
    "locust_telemetry.logger:RFC3339JsonFormatter": (
        "*args, json_default=None, json_encoder=None, json_serializer=..., json_indent=None, "
        "json_ensure_ascii=True, **kwargs"
    ),
    "locust_telemetry.common.helpers:InstrumentSpec": "metric, unit, factory, callbacks=None",
    "locust_telemetry.core.coordinator:TelemetryCoordinator": "*args, **kwargs",
    "locust_telemetry.core.events:TelemetryEventsEnum": None,
    "locust_telemetry.core.events:TelemetryMetricsEnum": None,
    "locust_telemetry.core.handlers:BaseOutputHandler": "env",
    "locust_telemetry.core.handlers:BaseLifecycleHandler": "output, env",
    "locust_telemetry.core.handlers:BaseRequestHandler": "output, env",
    "locust_telemetry.core.handlers:BaseSystemMetricsHandler": "output, env",
    "locust_telemetry.core.manager:RecorderPluginManager": "*args, **kwargs",
    "locust_telemetry.core.plugin:BaseRecorderPlugin": None,
    "locust_telemetry.core.recorder:BaseRecorder": (
        "env, output_handler_cls, lifecycle_handler_cls, system_handler_cls, requests_handler_cls"
    ),
    "locust_telemetry.core.recorder:MasterNodeRecorder": "*args, **kwargs",
    "locust_telemetry.core.recorder:WorkerNodeRecorder": "*args, **kwargs",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryOutputHandler": "env",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryLifecycleHandler": "output, env",
    "locust_telemetry.recorders.json.handlers:JsonTelemetrySystemMetricsHandler": "output, env",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryRequestHandler": "output, env",
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin": None,
    "locust_telemetry.recorders.json.recorder:LocustJsonMasterNodeRecorder": "*args, **kwargs",
    "locust_telemetry.recorders.json.recorder:LocustJsonWorkerNodeRecorder": "*args, **kwargs",
    "locust_telemetry.recorders.otel.handlers:OtelOutputHandler": "env",
    "locust_telemetry.recorders.otel.handlers:OtelLifecycleHandler": "output, env",
    "locust_telemetry.recorders.otel.handlers:OtelSystemMetricsHandler": "output, env",
    "locust_telemetry.recorders.otel.handlers:OtelRequestHandler": "output, env",
    "locust_telemetry.recorders.otel.otel:InstrumentRegistry": "meter",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin": None,
    "locust_telemetry.recorders.otel.recorder:LocustOtelMasterNodeRecorder": "*args, **kwargs",
    "locust_telemetry.recorders.otel.recorder:LocustOtelWorkerNodeRecorder": "*args, **kwargs",
}

#: Exceptions.
EXCEPTIONS: list[str] = [
    "locust_telemetry.core.exceptions:RecorderPluginAlreadyRegistered",
    "locust_telemetry.core.exceptions:RecorderPluginLoadError",
    "locust_telemetry.core.exceptions:RecorderPluginError",
    "locust_telemetry.recorders.otel.exceptions:OtelMetricNotRegisteredError",
    "locust_telemetry.recorders.otel.exceptions:OtelMetricAlreadyRegisteredError",
]

#: Classes and the name of their documented base.
BASES: dict[str, str] = {
    "locust_telemetry.logger:RFC3339JsonFormatter": "JsonFormatter",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryOutputHandler": "BaseOutputHandler",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryLifecycleHandler": "BaseLifecycleHandler",
    "locust_telemetry.recorders.json.handlers:JsonTelemetrySystemMetricsHandler": "BaseSystemMetricsHandler",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryRequestHandler": "BaseRequestHandler",
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin": "BaseRecorderPlugin",
    "locust_telemetry.recorders.json.recorder:LocustJsonMasterNodeRecorder": "MasterNodeRecorder",
    "locust_telemetry.recorders.json.recorder:LocustJsonWorkerNodeRecorder": "WorkerNodeRecorder",
    "locust_telemetry.recorders.otel.handlers:OtelOutputHandler": "BaseOutputHandler",
    "locust_telemetry.recorders.otel.handlers:OtelLifecycleHandler": "BaseLifecycleHandler",
    "locust_telemetry.recorders.otel.handlers:OtelSystemMetricsHandler": "BaseSystemMetricsHandler",
    "locust_telemetry.recorders.otel.handlers:OtelRequestHandler": "BaseRequestHandler",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin": "BaseRecorderPlugin",
    "locust_telemetry.recorders.otel.recorder:LocustOtelMasterNodeRecorder": "MasterNodeRecorder",
    "locust_telemetry.recorders.otel.recorder:LocustOtelWorkerNodeRecorder": "WorkerNodeRecorder",
}

#: Methods and their parameters, without `self`.
METHODS: dict[str, str] = {
    "locust_telemetry.logger:RFC3339JsonFormatter.formatTime": "record, datefmt=None",
    "locust_telemetry.core.coordinator:TelemetryCoordinator.__init__": "recorder_plugin_manager",
    "locust_telemetry.core.coordinator:TelemetryCoordinator.initialize": "",
    "locust_telemetry.core.handlers:BaseOutputHandler.get_context": "active=False",
    "locust_telemetry.core.handlers:BaseOutputHandler.record_event": "tl_type, *args, **kwargs",
    "locust_telemetry.core.handlers:BaseOutputHandler.record_metrics": "tl_type, *args, **kwargs",
    "locust_telemetry.core.handlers:BaseLifecycleHandler.on_test_start": "*args, **kwargs",
    "locust_telemetry.core.handlers:BaseLifecycleHandler.on_test_stop": "*args, **kwargs",
    "locust_telemetry.core.handlers:BaseLifecycleHandler.on_spawning_complete": "*args, **kwargs",
    "locust_telemetry.core.handlers:BaseLifecycleHandler.on_cpu_warning": "*args, **kwargs",
    "locust_telemetry.core.handlers:BaseRequestHandler.start": "",
    "locust_telemetry.core.handlers:BaseRequestHandler.stop": "",
    "locust_telemetry.core.handlers:BaseRequestHandler.on_request": "*args, **kwargs",
    "locust_telemetry.core.handlers:BaseSystemMetricsHandler.start": "",
    "locust_telemetry.core.handlers:BaseSystemMetricsHandler.stop": "",
    "locust_telemetry.core.manager:RecorderPluginManager.__init__": "",
    "locust_telemetry.core.manager:RecorderPluginManager.register_recorder_plugin": "plugin",
    "locust_telemetry.core.manager:RecorderPluginManager.register_plugin_clis": "group",
    "locust_telemetry.core.manager:RecorderPluginManager.register_plugin_metadata": "environment",
    "locust_telemetry.core.manager:RecorderPluginManager.load_recorder_plugins": "environment, **kwargs",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.add_test_metadata": "",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.add_cli_arguments": "group",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.load_master_recorders": "environment, **kwargs",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.load_worker_recorders": "environment, **kwargs",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.load": "environment, **kwargs",
    "locust_telemetry.core.recorder:BaseRecorder.on_cpu_warning": "*args, **kwargs",
    "locust_telemetry.core.recorder:BaseRecorder.on_test_start": "*args, **kwargs",
    "locust_telemetry.core.recorder:BaseRecorder.on_test_stop": "*args, **kwargs",
    "locust_telemetry.core.recorder:MasterNodeRecorder.on_test_start": "*args, **kwargs",
    "locust_telemetry.core.recorder:MasterNodeRecorder.on_test_stop": "*args, **kwargs",
    "locust_telemetry.core.recorder:MasterNodeRecorder.on_spawning_complete": "user_count",
    "locust_telemetry.core.recorder:WorkerNodeRecorder.on_test_start": "*args, **kwargs",
    "locust_telemetry.core.recorder:WorkerNodeRecorder.on_test_stop": "*args, **kwargs",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryOutputHandler.log_telemetry": (
        "event_type, event_name, **kwargs"
    ),
    "locust_telemetry.recorders.json.handlers:JsonTelemetryOutputHandler.record_event": "tl_type, *args, **kwargs",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryOutputHandler.record_metrics": "tl_type, *args, **kwargs",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryLifecycleHandler.on_test_stop": "*args, **kwargs",
    "locust_telemetry.recorders.json.handlers:JsonTelemetrySystemMetricsHandler.start": "",
    "locust_telemetry.recorders.json.handlers:JsonTelemetrySystemMetricsHandler.stop": "",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryRequestHandler.start": "",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryRequestHandler.stop": "",
    "locust_telemetry.recorders.json.handlers:JsonTelemetryRequestHandler.on_request": "*args, **kwargs",
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin.add_test_metadata": "",
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin.add_cli_arguments": "group",
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin.load_master_recorders": "environment, **kwargs",
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin.load_worker_recorders": "environment, **kwargs",
    "locust_telemetry.recorders.otel.handlers:OtelOutputHandler.record_event": "tl_type, *args, **kwargs",
    "locust_telemetry.recorders.otel.handlers:OtelOutputHandler.record_metrics": "tl_type, *args, **kwargs",
    "locust_telemetry.recorders.otel.handlers:OtelSystemMetricsHandler.start": "",
    "locust_telemetry.recorders.otel.handlers:OtelSystemMetricsHandler.stop": "",
    "locust_telemetry.recorders.otel.handlers:OtelRequestHandler.on_request": "*args, **kwargs",
    "locust_telemetry.recorders.otel.handlers:OtelRequestHandler.start": "",
    "locust_telemetry.recorders.otel.handlers:OtelRequestHandler.stop": "",
    "locust_telemetry.recorders.otel.otel:InstrumentRegistry.extend": "items",
    "locust_telemetry.recorders.otel.otel:InstrumentRegistry.get": "key",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin.add_test_metadata": "",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin.add_cli_arguments": "group",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin.load_master_recorders": "environment, **kwargs",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin.load_worker_recorders": "environment, **kwargs",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin.load": "environment, **kwargs",
    "locust_telemetry.recorders.otel.recorder:LocustOtelWorkerNodeRecorder.on_request": "*args, **kwargs",
}

#: Methods that a subclass has to define.
ABSTRACT: list[str] = [
    "locust_telemetry.core.handlers:BaseOutputHandler.record_event",
    "locust_telemetry.core.handlers:BaseOutputHandler.record_metrics",
    "locust_telemetry.core.handlers:BaseRequestHandler.start",
    "locust_telemetry.core.handlers:BaseRequestHandler.stop",
    "locust_telemetry.core.handlers:BaseRequestHandler.on_request",
    "locust_telemetry.core.handlers:BaseSystemMetricsHandler.start",
    "locust_telemetry.core.handlers:BaseSystemMetricsHandler.stop",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.add_test_metadata",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.add_cli_arguments",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.load_master_recorders",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.load_worker_recorders",
]

#: Properties.
PROPERTIES: list[str] = [
    "locust_telemetry.core.manager:RecorderPluginManager.recorder_plugins",
    "locust_telemetry.recorders.otel.handlers:OtelLifecycleHandler.instruments",
    "locust_telemetry.recorders.otel.handlers:OtelSystemMetricsHandler.instruments",
    "locust_telemetry.recorders.otel.handlers:OtelRequestHandler.instruments",
]

#: Fields of dataclasses.
FIELDS: list[str] = [
    "locust_telemetry.common.helpers:InstrumentSpec.metric",
    "locust_telemetry.common.helpers:InstrumentSpec.unit",
    "locust_telemetry.common.helpers:InstrumentSpec.factory",
    "locust_telemetry.common.helpers:InstrumentSpec.callbacks",
]

#: Members of enums and attributes of classes, with their values.
VALUES: dict[str, Any] = {
    "locust_telemetry.core.events:TelemetryEventsEnum.TEST": "locust.tl.event.test.events",
    "locust_telemetry.core.events:TelemetryEventsEnum.TEST_START": "locust.tl.event.test.start",
    "locust_telemetry.core.events:TelemetryEventsEnum.TEST_STOP": "locust.tl.event.test.stop",
    "locust_telemetry.core.events:TelemetryEventsEnum.SPAWNING_COMPLETE": "locust.tl.event.spawn.complete",
    "locust_telemetry.core.events:TelemetryEventsEnum.CPU_WARNING": "locust.tl.event.cpu.warning",
    "locust_telemetry.core.events:TelemetryMetricsEnum.CPU": "locust.tl.system.metric.cpu",
    "locust_telemetry.core.events:TelemetryMetricsEnum.MEMORY": "locust.tl.system.metric.mem",
    "locust_telemetry.core.events:TelemetryMetricsEnum.NETWORK": "locust.tl.system.metric.network",
    "locust_telemetry.core.events:TelemetryMetricsEnum.REQUEST_STATS": "locust.tl.request.metric.stats",
    "locust_telemetry.core.events:TelemetryMetricsEnum.REQUEST_SUCCESS": "locust.tl.request.metric.success",
    "locust_telemetry.core.events:TelemetryMetricsEnum.REQUEST_ERROR": "locust.tl.request.metric.error",
    "locust_telemetry.core.events:TelemetryMetricsEnum.USER": "locust.tl.user.metric.count",
    "locust_telemetry.core.plugin:BaseRecorderPlugin.RECORDER_PLUGIN_ID": None,
    "locust_telemetry.recorders.json.plugin:LocustJsonRecorderPlugin.RECORDER_PLUGIN_ID": "json",
    "locust_telemetry.recorders.otel.plugin:LocustOtelRecorderPlugin.RECORDER_PLUGIN_ID": "otel",
}
