using System.Text.Json.Serialization;

namespace Isolation.Sdk;

/// <summary>How an attempt ended, in the runner's own words.</summary>
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(BlockedOn), "blocked")]
[JsonDerivedType(typeof(Suspended), "suspended")]
[JsonDerivedType(typeof(NodeLost), "node-lost")]
public abstract record RunResult
{
    private RunResult() { }

    /// <summary>The item is done; the work goes to the merge queue.</summary>
    /// <param name="Summary">One line, for people.</param>
    public sealed record Done(string? Summary = null) : RunResult;

    /// <summary>The attempt failed.</summary>
    /// <param name="Reason">Why; a new attempt's briefing quotes it.</param>
    /// <param name="Retryable">Whether another attempt is worth it.</param>
    public sealed record Failed(string Reason, bool Retryable = true) : RunResult;

    /// <summary>The item cannot be done before other items are.</summary>
    /// <param name="Items">Their ids.</param>
    public sealed record BlockedOn(IReadOnlyList<string> Items) : RunResult;

    /// <summary>The attempt waits for something outside and occupies no slot meanwhile.</summary>
    /// <param name="Reason">What it waits for.</param>
    /// <param name="ResumeToken">Given to the attempt that continues.</param>
    public sealed record Suspended(string Reason, string ResumeToken) : RunResult;

    /// <summary>The machine was lost, not the work: a dispatcher reports it, and the item is tried again without
    /// counting it as the item's failure.</summary>
    /// <param name="Node">The machine's name.</param>
    /// <param name="Reason">How it was noticed.</param>
    public sealed record NodeLost(string? Node, string Reason) : RunResult;
}
