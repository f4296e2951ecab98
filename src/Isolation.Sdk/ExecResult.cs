using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk;

/// <summary>How a command ended and, if it was run by <see cref="IStateScope.ExecAsync"/>, what it wrote.</summary>
/// <param name="ExitCode">Its exit code; 128 + n if signal n ended it, as in a shell.</param>
/// <param name="Output">
/// Its standard output as UTF-8, up to <see cref="MaxLength"/> characters. Empty if the caller reads the process's
/// streams.
/// </param>
/// <param name="Error">Its standard error, likewise.</param>
public sealed record ExecResult(int ExitCode, string Output = "", string Error = "")
{
    /// <summary>
    /// The maximum length of <see cref="Output"/> and <see cref="Error"/>: 4 Mi characters. The rest is read and
    /// dropped.
    /// </summary>
    public const int MaxLength = 4 * 1024 * 1024;

    /// <summary>
    /// How the sandbox ends the whole process tree: <c>cgroup.kill</c>, <c>pid namespace</c>, <c>session, marker and
    /// limit</c>, <c>session and marker</c> or <c>process tree</c>.
    /// </summary>
    public string Mechanism { get; init; } = "";

    /// <summary>Whether the tree outlived its grace period and was killed.</summary>
    public bool Forced { get; init; }

    /// <summary>
    /// The limit that ended the command, as <see cref="ProcessLimits"/> names it; <see langword="null"/> if none did.
    /// </summary>
    public string? Limit { get; init; }

    /// <summary>
    /// What enforced <see cref="Limit"/>: <c>cgroup v2</c>, <c>cgroup v1</c>, <c>watchdog</c> or <c>RLIMIT_FSIZE</c>.
    /// </summary>
    public string? LimitMechanism { get; init; }
}
