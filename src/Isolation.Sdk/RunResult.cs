using System.Text.Json.Serialization;

namespace Isolation.Sdk;

/// <summary>How a run ended, in the runner's own words.</summary>
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(BlockedOn), "blocked")]
[JsonDerivedType(typeof(Suspended), "suspended")]
public abstract record RunResult
{
    private RunResult() { }

    /// <summary>The item is done; what was made goes to the merge queue.</summary>
    /// <param name="Summary">One line, for people.</param>
    public sealed record Done(string? Summary = null) : RunResult;

    /// <summary>It did not work out.</summary>
    /// <param name="Reason">Why; a new attempt's briefing tells it.</param>
    /// <param name="Retryable">Whether another attempt is worth it.</param>
    public sealed record Failed(string Reason, bool Retryable = true) : RunResult;

    /// <summary>It cannot be done before other items are.</summary>
    /// <param name="Items">Their ids.</param>
    public sealed record BlockedOn(IReadOnlyList<string> Items) : RunResult;

    /// <summary>It waits for something outside and costs no slot meanwhile.</summary>
    /// <param name="Reason">What it waits for.</param>
    /// <param name="ResumeToken">Handed to the run that goes on.</param>
    public sealed record Suspended(string Reason, string ResumeToken) : RunResult;
}
