namespace Isolation.Sdk.IO;

/// <summary>The folder beside the repository that holds everything of its workers:
/// <c>&lt;repo&gt;.workers/</c>.</summary>
/// <remarks>
/// <code>
/// shop.workers/
///   auth-123.1/work     the workspace
///   auth-123.1/home …   the state scope: home, tmp, cache, log
///   auth-123.1.log      the worker's log, which survives both
///   auth-123.1.out      what its command said
///   .trees/             prepared trees: what new workspaces are copied from
///   .gates/  .trash/    integration worktrees; what is being deleted
/// </code>
/// </remarks>
internal sealed record WorkersDirectory(string Root)
{
    public string Trash => Path.Combine(Root, ".trash");

    public string Templates => Path.Combine(Root, ".trees");

    public string Gates => Path.Combine(Root, ".gates");

    // The default place for a repository: beside it, never inside.
    public static WorkersDirectory Beside(string commonDirectory)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(commonDirectory));
        string repository = Path.GetFileName(full) == ".git" ? Path.GetDirectoryName(full)! : full;
        return new WorkersDirectory(repository + ".workers");
    }

    public static WorkersDirectory Resolve(string? chosen, string commonDirectory) =>
        chosen is null ? Beside(commonDirectory) : new WorkersDirectory(chosen);

    public string For(AttemptId attempt) => Path.Combine(Root, AttemptNames.FileName(attempt));

    public string WorkspaceOf(AttemptId attempt) => Path.Combine(For(attempt), "work");

    // The log of one attempt: JSON lines, outside of what is removed with the worker.
    public string LogOf(AttemptId attempt) => For(attempt) + ".log";

    // What one attempt's command said, bounded: it outlives the worker, as the log does.
    public string OutputOf(AttemptId attempt) => For(attempt) + ".out";
}
