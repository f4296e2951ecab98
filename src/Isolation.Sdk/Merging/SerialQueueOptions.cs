using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Merging;

/// <summary>One after another: each is merged with the target, the merged tree is tested, and exactly what was tested lands.</summary>
public sealed class SerialQueueOptions : MergeOptions
{
    /// <summary>The default of <see cref="GateTimeLimit"/>: 30 minutes.</summary>
    public static TimeSpan DefaultGateTimeLimit => TimeSpan.FromMinutes(30);

    private readonly List<WorkerCommand> _gates = [];

    /// <summary>The commands of the gate, run in this order; all must end with 0.</summary>
    public IReadOnlyList<WorkerCommand> Gates => _gates;

    /// <summary>How long all commands of the gate may take together. <value>30 minutes.</value></summary>
    public TimeSpan GateTimeLimit { get; set; } = DefaultGateTimeLimit;

    /// <summary>A gate that is green sooner than this tested nothing and counts as vacuous. <value>Zero: however fast it is.</value></summary>
    public TimeSpan MinimumGateTime { get; set; } = TimeSpan.Zero;

    /// <summary>Whether work lands untested while no gate is configured. <value>false: it is rejected as vacuous.</value></summary>
    public bool AllowNoGate { get; set; }

    /// <summary>Adds a command to the gate. It runs in the merged tree, in a state scope of its own.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments; there is no shell in between.</param>
    public void Gate(string file, params string[] arguments)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        ArgumentNullException.ThrowIfNull(arguments);
        _gates.Add(new WorkerCommand(file, [.. arguments]));
    }
}
