namespace Isolation.Sdk.IO;

internal sealed record WorkersDirectory(string Root)
{
    public string Trash => Path.Combine(Root, ".trash");

    public string Templates => Path.Combine(Root, ".trees");

    public string Gates => Path.Combine(Root, ".gates");

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

    // Beside the folder, so that they outlive the worker.
    public string LogOf(AttemptId attempt) => For(attempt) + ".log";

    public string OutputOf(AttemptId attempt) => For(attempt) + ".out";

    public string IgnoredOf(AttemptId attempt) => For(attempt) + ".ignored";
}
