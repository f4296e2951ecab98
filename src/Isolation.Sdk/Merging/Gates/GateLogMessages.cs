using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Merging;

/// <summary>Everything this folder logs.</summary>
internal static partial class GateLogMessages
{
    [LoggerMessage(620, LogLevel.Information, "The gate said {Verdict} of {Candidate}, tree {Tree}.")]
    public static partial void Said(ILogger logger, GateVerdict verdict, string candidate, string tree);

    [LoggerMessage(621, LogLevel.Warning, "The gate of {Candidate} could not be run.")]
    public static partial void NotRun(ILogger logger, string candidate, Exception exception);

    [LoggerMessage(622, LogLevel.Warning, "The gate is flaky: tree {Tree} was red before and is green now.")]
    public static partial void Flaked(ILogger logger, string tree);

    [LoggerMessage(
        623,
        LogLevel.Warning,
        "The gate of {Candidate} left its integration worktree in a state that no candidate may start from ({Why}); another one takes its place."
    )]
    public static partial void SlotReplaced(ILogger logger, string candidate, string why);

    [LoggerMessage(
        624,
        LogLevel.Warning,
        "The gate of {Candidate} changed {Count} tracked files while it tested them, {First} among them."
    )]
    public static partial void FilesChanged(ILogger logger, string candidate, int count, string first);

    [LoggerMessage(
        625,
        LogLevel.Warning,
        "While the gate of {Candidate} ran, these moved that nobody has checked out: {Refs}."
    )]
    public static partial void RefsMoved(ILogger logger, string candidate, string refs);
}
