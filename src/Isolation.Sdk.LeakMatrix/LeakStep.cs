namespace Isolation.Sdk.Leaks;

/// <summary>One script of a probe, for <c>sh -c</c>. <c>$1</c> is the other's workspace (A's, for the host), <c>$2</c>
/// the canonical checkout, <c>$3</c> the host's home, <c>$4</c> a word that nobody else uses, <c>$5</c> B's workspace,
/// <c>$6</c> the first line and <c>$7</c> the process of the last script that stays.</summary>
/// <param name="By">Who runs it.</param>
/// <param name="Script">The script.</param>
/// <param name="InBackground">Whether it goes on beside the next ones, which begin when it has said its first
/// line.</param>
internal readonly record struct LeakStep(LeakActor By, string Script, bool InBackground = false)
{
    public LeakStep AsBackground => this with { InBackground = true };

    public static LeakStep A(string script) => new(LeakActor.A, script);

    public static LeakStep B(string script) => new(LeakActor.B, script);

    public static LeakStep Host(string script) => new(LeakActor.Host, script);

    public static LeakStep PlainHost(string script) => new(LeakActor.PlainHost, script);
}

/// <summary>Who runs a script.</summary>
internal enum LeakActor
{
    /// <summary>The offender.</summary>
    A,

    /// <summary>The victim.</summary>
    B,

    /// <summary>The host, in the canonical checkout.</summary>
    Host,

    /// <summary>The host, where it does by hand what a pipeline does otherwise: between plain worktrees only.</summary>
    PlainHost,
}
