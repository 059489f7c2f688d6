"""The SageMaker rule pack: one rule, one file. Imports only smlint's public model."""

from typing import Final

#: Code to ``module:Class``; a rule's module is imported only when the rule is needed.
RULES: Final[dict[str, str]] = {
    "SM101": "smlint_rules.shell_form_entrypoint:ShellFormEntrypoint",
    "SM102": "smlint_rules.malformed_exec_form:MalformedExecForm",
    "SM103": "smlint_rules.tini_entrypoint:TiniEntrypoint",
    "SM104": "smlint_rules.cmd_overridden:CmdOverridden",
    "SM105": "smlint_rules.shell_wrapped_command:ShellWrappedCommand",
    "SM109": "smlint_rules.init_without_program:InitWithoutProgram",
    "SM112": "smlint_rules.stop_signal:StopSignal",
    "SM115": "smlint_rules.unexpanded_variable:UnexpandedVariable",
    "SM203": "smlint_rules.volume_under_opt_ml:VolumeUnderOptMl",
    "SM204": "smlint_rules.entry_under_opt_ml:EntryUnderOptMl",
    "SM303": "smlint_rules.cuda_stubs_on_path:CudaStubsOnPath",
    "SM304": "smlint_rules.nvidia_env:NvidiaEnv",
    "SM404": "smlint_rules.non_root_user:NonRootUser",
    "SM701": "smlint_rules.sigterm_dropped:SigtermDropped",
    "SM702": "smlint_rules.sigterm_not_forwarded:SigtermNotForwarded",
    "SM703": "smlint_rules.arguments_lost:ArgumentsLost",
    "SM704": "smlint_rules.slow_shutdown:SlowShutdown",
    "SM705": "smlint_rules.killed_after_grace:KilledAfterGrace",
    "SM706": "smlint_rules.cut_off_under_init:CutOffUnderInit",
    "SM707": "smlint_rules.no_artefact_saved:NoArtefactSaved",
    "SM708": "smlint_rules.exit_code_after_stop:ExitCodeAfterStop",
    "SM709": "smlint_rules.failure_file_missing:FailureFileMissing",
    "SM710": "smlint_rules.ping_failed:PingFailed",
    "SM711": "smlint_rules.loopback_only:LoopbackOnly",
    "SM712": "smlint_rules.readonly_model_write:ReadonlyModelWrite",
    "SM713": "smlint_rules.opt_ml_shadowed:OptMlShadowed",
    "SM714": "smlint_rules.probe_inconclusive:ProbeInconclusive",
    "SM900": "smlint_rules.syntax_error:SyntaxErrorInInput",
    "SM901": "smlint_rules.unused_ignore:UnusedIgnore",
    "SM902": "smlint_rules.unknown_code:UnknownCode",
}
