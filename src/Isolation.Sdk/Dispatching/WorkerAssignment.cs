using System.Text.Json;
using Isolation.Sdk.Contexts;

namespace Isolation.Sdk.Dispatching;

/// <summary>One attempt to carry out. It is plain data and can be sent to another machine.</summary>
/// <param name="Attempt">The attempt, which has been issued.</param>
/// <param name="Item">The work item.</param>
/// <param name="BaseCommit">The full id of the commit to start from.</param>
public sealed record WorkerAssignment(AttemptId Attempt, WorkItem Item, string BaseCommit)
{
    /// <summary>The version of this document.</summary>
    public int Schema { get; init; } = DispatchJson.Schema;

    /// <summary>The repository's name, by which a node finds its own clone. <see cref="BaseCommit"/> proves that it is
    /// the same repository.</summary>
    public string? RepositoryName { get; init; }

    /// <summary>The repository's kind of object ids, <c>sha1</c> or <c>sha256</c>.</summary>
    public string? ObjectFormat { get; init; }

    /// <summary>The target branch, short form.</summary>
    public string? Target { get; init; }

    /// <summary>The labels that the machine must have.</summary>
    public IReadOnlyList<string> Requires { get; init; } = [];

    /// <summary>The name of the runner; <see langword="null"/> for the machine's own.</summary>
    public string? Runner { get; init; }

    /// <summary>How long the runner may take; <see langword="null"/> for the machine's own limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The least level of isolation.</summary>
    public SandboxLevel MinimumLevel { get; init; }

    /// <summary>The activity that the attempt belongs to, in the W3C's form.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Notes of the items it was blocked by.</summary>
    public IReadOnlyList<Handoff> Handoffs { get; init; } = [];

    /// <summary>Why the previous attempt failed; <see langword="null"/> for a first one.</summary>
    public string? PreviousFailure { get; init; }

    /// <summary>How the previous attempt collided with the target.</summary>
    public PreviousConflict? Conflict { get; init; }

    /// <summary>The token that a suspended attempt left for this one; <see langword="null"/> for a fresh
    /// start.</summary>
    public string? ResumeToken { get; init; }

    /// <summary>Reads an assignment.</summary>
    /// <exception cref="IsolationException">ISO0771: it is incomplete; ISO0772: its schema is newer than this
    /// version.</exception>
    public static WorkerAssignment Parse(ReadOnlySpan<byte> utf8Json) =>
        DispatchJson.Parse(utf8Json, DispatchJson.Default.WorkerAssignment, static a => (a.Attempt, a.Schema));

    /// <summary>Writes the assignment as UTF-8 JSON, on one line.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DispatchJson.Default.WorkerAssignment);
}
