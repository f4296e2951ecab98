using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>What every queue with a gate can be told.</summary>
public abstract class GatedMergeOptions : MergeOptions
{
    /// <summary>The default of <see cref="GateTimeout"/>: 30 minutes.</summary>
    public static TimeSpan DefaultGateTimeLimit => TimeSpan.FromMinutes(30);

    private readonly List<MergeGate> _gates = [];
    private readonly List<string> _kept = [];

    private protected GatedMergeOptions() { }

    /// <summary>The gate's parts, run in this order; the first that is not green decides.</summary>
    public IReadOnlyList<MergeGate> Gates => _gates;

    /// <summary>What stays in an integration worktree from one candidate to the next. <value>Empty: each starts with its own files and nothing else.</value></summary>
    public IReadOnlyList<string> CachePaths => _kept;

    /// <summary>The host's own part of what passes are reused by. <value>null: git, the machine and the sandbox's recipe alone.</value></summary>
    public string? CacheKey { get; private set; }

    /// <summary>How long the gate may take for one candidate, all its parts together, at most. From five passes on a run gets three times what nearly all of them took, and a minute at least. <value>30 minutes.</value></summary>
    public TimeSpan GateTimeout { get; set; } = DefaultGateTimeLimit;

    /// <summary>A gate that is green sooner than this tested nothing and counts as vacuous. <value>Zero: however fast it is.</value></summary>
    public TimeSpan MinimumGateTime { get; set; } = TimeSpan.Zero;

    /// <summary>Whether work lands untested while no gate is configured. <value>false: it is rejected as vacuous.</value></summary>
    public bool AllowNoGate { get; set; }

    /// <summary>Adds a command to the gate. It runs in the merged tree, in a state scope of its own, and must end with 0.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments; there is no shell in between.</param>
    public void Gate(string file, params string[] arguments)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        ArgumentNullException.ThrowIfNull(arguments);
        _gates.Add(new MergeGate(new WorkerCommand(file, [.. arguments])));
    }

    /// <summary>Adds code of the host to the gate.</summary>
    /// <remarks>
    /// An exception is never green and never the item's fault: it counts as <see cref="GateVerdict.Infra"/>, as what could not be tested. Code that goes on after its token was cancelled is
    /// waited for no longer than the time limit; its worktree is then left to it and another one made.
    /// </remarks>
    /// <param name="name">What results and logs call it.</param>
    /// <param name="test">Tests a candidate. Its token is cancelled when the time is over or the answer no longer needed.</param>
    /// <param name="version">Changes whenever the code does, so that a tree it passed need not be tested again. <value>null: its passes are not reused by a later queue.</value></param>
    public void Gate(
        string name,
        Func<GateContext, CancellationToken, ValueTask<GateDecision>> test,
        string? version = null
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(test);
        _gates.Add(new MergeGate(name, test, version));
    }

    /// <summary>Lets untracked files stay in an integration worktree from one candidate to the next: caches and build output, when the build tells by itself what is stale.</summary>
    /// <param name="globs">Patterns as in a <c>.gitignore</c>, for example <c>bin/</c>, <c>obj/</c>, <c>node_modules/</c>.</param>
    /// <exception cref="IsolationException">ISO0610: a pattern is empty, or takes something back out with <c>!</c>.</exception>
    public void KeepBetweenRuns(params string[] globs)
    {
        ArgumentNullException.ThrowIfNull(globs);
        foreach (string glob in globs)
        {
            if (string.IsNullOrWhiteSpace(glob) || glob[0] is '!' or '#' || glob.Any(char.IsControl))
            {
                throw new IsolationException(
                    MergingCodes.BadOptions,
                    $"'{glob}' says nothing that could be kept.",
                    "Give patterns as in a .gitignore, for example bin/ or node_modules/."
                );
            }

            _kept.Add(glob);
        }
    }

    /// <summary>Says what passes depend on beside the tree, the gate, git, the machine and the sandbox's recipe: the version of a compiler or a database, say. Passes under another key are not reused.</summary>
    /// <param name="key">Any text.</param>
    public void DependsOn(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        CacheKey = key;
    }
}
