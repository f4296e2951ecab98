using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk;

/// <summary>A command as a list of arguments. There is no shell in between.</summary>
/// <param name="File">The program: a path, or a name that is looked up in the scope's own PATH.</param>
/// <param name="Arguments">The arguments, each passed as it is.</param>
public sealed record WorkerCommand(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>Creates a command.</summary>
    public static WorkerCommand Of(string file, params string[] arguments) => new(file, arguments);

    /// <summary>The absolute directory to start in. <value>null: the workspace.</value></summary>
    public string? Directory { get; init; }

    /// <summary>Variables on top of the scope's, for this command only.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether the caller writes to the process's standard input. <value>false: standard input is closed from the
    /// start.</value>
    /// </summary>
    public bool OpenInput { get; init; }

    /// <summary>
    /// A file that gets standard output and standard error together, up to the sandbox's log limit. <value>null: the
    /// caller reads <see cref="IWorkerProcess.Output"/> and <see cref="IWorkerProcess.Error"/>.</value>
    /// </summary>
    public string? LogFile { get; init; }
}
