using Isolation.Sdk.Cleanup;

namespace Isolation.Sdk.Tests.Host;

/// <summary>What a test asks of the host program.</summary>
/// <param name="Repository">The repository, as the builder gets it.</param>
public sealed record HostRequest(string Repository)
{
    /// <summary><c>run</c>, <c>plan</c> (a clean-up), <c>clean</c>, <c>repository</c> (a new one, whose path is the
    /// answer), <c>size</c> (what the folder takes of the disk), or <c>worktrees</c>: no pipeline, a bare worktree for
    /// each item.</summary>
    public string Mode { get; init; } = "run";

    public string Target { get; init; } = "landing";

    public string? From { get; init; } = "main";

    public string? UseWorkersDirectory { get; init; }

    public string? Template { get; init; }

    public string? Shared { get; init; }

    public string? Copied { get; init; }

    public string? Fetch { get; init; }

    /// <summary>Whether a workspace is made only when there is room for it, as much as is asked for by
    /// default.</summary>
    public bool Admission { get; init; }

    /// <summary>Whether a merge strategy is chosen.</summary>
    public bool Merging { get; init; } = true;

    public int AtOnce { get; init; } = 4;

    public int Attempts { get; init; } = 1;

    public IReadOnlyList<HostItem> Items { get; init; } = [new("a")];

    /// <summary>The command of the workers; empty: each writes a file named after its attempt.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>A folder in which every worker leaves a file and waits until there are
    /// <see cref="Together"/>.</summary>
    public string? Barrier { get; init; }

    public int Together { get; init; }

    /// <summary>No pipeline: a seat at the queue of <see cref="Target"/>.</summary>
    public QueueRequest? Queue { get; init; }

    /// <summary>No pipeline, and no <see cref="Repository"/>: the suite that every kind of workspace has to
    /// pass.</summary>
    public ConformanceRequest? Conformance { get; init; }

    /// <summary>No pipeline: a warm pool on <see cref="Repository"/>.</summary>
    public PoolRequest? Pool { get; init; }

    /// <summary>No pipeline: a node that works in <see cref="Repository"/>, a clone. It serves until it is
    /// killed.</summary>
    public NodeRequest? Node { get; init; }

    /// <summary>The sockets of nodes that carry out the attempts.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];
}

/// <summary>What a test asks of a process that is a node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Socket">Where it listens.</param>
public sealed record NodeRequest(string Name, string Socket)
{
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How it lies: <c>{}</c> for its report, <c>unknown</c> for a result of an unknown kind, <c>orphan</c>
    /// for a commit without the base.</summary>
    public string? Lie { get; init; }
}

/// <summary>What a test asks of a process with a warm pool.</summary>
/// <param name="Acts">What it does, one after the other: <c>acquire item</c>, <c>run item script</c>,
/// <c>run-in-repository script</c>, <c>release item</c>, <c>remove item</c>, <c>settle</c>. The answer has an item for
/// each workspace (its path and how it was filled, or the fault) and each script (what it said).</param>
public sealed record PoolRequest(IReadOnlyList<string> Acts)
{
    public string CheckoutMethod { get; init; } = "Copy";

    public bool Clones { get; init; }

    public int Size { get; init; } = 4;

    /// <summary>The step at which it kills itself.</summary>
    public string? KillAt { get; init; }

    /// <summary>The how many-th time that the step is reached.</summary>
    public int KillOn { get; init; } = 1;

    /// <summary>After how many milliseconds it kills itself, wherever it is.</summary>
    public int? KillAfter { get; init; }
}

/// <summary>What a test asks of a process that runs the suite of the workspaces on its own disk.</summary>
/// <param name="CheckoutMethod">The name of a way of filling.</param>
public sealed record ConformanceRequest(string CheckoutMethod)
{
    /// <summary>Whether workspaces are private clones instead of linked worktrees.</summary>
    public bool Clones { get; init; }
}

/// <summary>What a test asks of a process that opens a queue.</summary>
/// <param name="Steps">A folder: the process writes there, in a file of its own, which steps it reached and what it
/// submitted.</param>
/// <param name="Gate">The gate's command.</param>
public sealed record QueueRequest(string Steps, IReadOnlyList<string> Gate)
{
    public int Slots { get; init; } = 2;

    public int? Step { get; init; } = 1;

    /// <summary>Where the target is pushed to as part of each landing.</summary>
    public string? Remote { get; init; }

    /// <summary>What it hands in, in this order.</summary>
    public IReadOnlyList<QueueWork> Submit { get; init; } = [];

    /// <summary>The items whose end it waits for; the answer has them.</summary>
    public IReadOnlyList<string> Watch { get; init; } = [];

    /// <summary>The step at which it kills itself; <see cref="QueueRequest.KillToken"/> says who, when there are
    /// several.</summary>
    public string? KillAt { get; init; }

    /// <summary>The how many-th time that the step is reached.</summary>
    public int KillOn { get; init; } = 1;

    /// <summary>A file that must not exist: whoever makes it kills itself, the others go on.</summary>
    public string? KillToken { get; init; }

    /// <summary>After how many milliseconds from the opening of the queue it kills itself, wherever it is; it answers
    /// nothing before.</summary>
    public int? KillAfter { get; init; }
}

/// <summary>Captured work for a queue.</summary>
public sealed record QueueWork(string Item, string Commit, string Base, IReadOnlyList<string> Files)
{
    public IReadOnlyList<string> After { get; init; } = [];
}

/// <summary>One work item.</summary>
public sealed record HostItem(string Id)
{
    public string Instructions { get; init; } = "";

    public string Title { get; init; } = "An item";

    public IReadOnlyList<string> BlockedBy { get; init; } = [];

    public string? Base { get; init; }
}

/// <summary>What the host program answers: one line of JSON for each request.</summary>
public sealed record HostAnswer
{
    /// <summary>Why the pipeline was refused.</summary>
    public IReadOnlyList<IsolationFault> Faults { get; init; } = [];

    public IReadOnlyList<HostResult> Items { get; init; } = [];

    /// <summary>Lines of a clean-up.</summary>
    public IReadOnlyList<CleanItem> Cleaned { get; init; } = [];

    /// <summary>What a suite found, a line for each check.</summary>
    public IReadOnlyList<HostCheck> Checks { get; init; } = [];

    /// <summary>The ways in which its workspaces were filled.</summary>
    public IReadOnlyList<string> MethodsUsed { get; init; } = [];

    /// <summary>An exception that should not have been thrown.</summary>
    public string? Crash { get; init; }
}

/// <summary>What became of one item.</summary>
public sealed record HostResult(
    string Item,
    string Outcome,
    string? Reason,
    IsolationFault? Fault,
    IReadOnlyList<int> Attempts
);

/// <summary>One check of a suite, and why it failed.</summary>
public sealed record HostCheck(string Name, string? Failure);
