using Isolation.Sdk.Git;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

internal sealed class MonitoredWorker(
    AttemptId attempt,
    WorkspaceInfo workspace,
    IReadOnlyCollection<string>? pinned = null
)
{
    private readonly HashSet<string> _made = [];
    private string?[]? _last;

    public AttemptId Attempt => attempt;

    public WorkspaceInfo Workspace => workspace;

    public string Entry => $"worktrees/{Path.GetFileName(Path.TrimEndingDirectorySeparator(Workspace.GitDirectory))}/";

    // The branch it stands on, whichever that is by now.
    public string? HeadRef => WorktreeFiles.RefOf(Workspace.GitDirectory);

    // Its branch is in its own repository, and none of that name belongs anywhere else.
    public bool IsNamedBy(string name) => Workspace.HasOwnRepository && name == $"refs/heads/{Workspace.Branch}";

    public void Own(string name) => _made.Add(name);

    // Whether its environment says what the setting is, whatever a file says.
    public bool Pins(string key) => pinned?.Contains(key, StringComparer.OrdinalIgnoreCase) == true;

    // Its branch, the folder its branch is in, what it made besides, its worktree's entry; nothing, if it has a
    // repository of its own.
    public bool Owns(string name) =>
        !Workspace.HasOwnRepository
        && (
            name.StartsWith(Entry, StringComparison.Ordinal)
            || _made.Contains(name)
            || (
                Workspace.Branch is { } branch
                && (
                    name == $"refs/heads/{branch}"
                    || (BranchFolder(branch) is { } folder && name.StartsWith(folder, StringComparison.Ordinal))
                )
            )
        );

    // A branch moved by somebody else leaves a gap in this log.
    public bool HeadMatchesReflog(bool mayBeUnborn = false)
    {
        string log = Path.Combine(Workspace.GitDirectory, "logs", "HEAD");
        if (!HasContent(log))
        {
            return true; // Logs are off in this repository: nothing speaks for it, and nothing against it.
        }

        string? went = null;
        foreach (string[] step in File.ReadLines(log).Select(l => l.Split(' ', 3)).Where(s => s.Length == 3))
        {
            if (went is not null && step[0] != went && step[0].Any(c => c != '0'))
            {
                return false;
            }

            went = step[1];
        }

        string common = Path.GetFullPath(Path.Combine(Workspace.GitDirectory, "..", ".."));
        string head = FileFingerprint.ReadLine(Path.Combine(Workspace.GitDirectory, "HEAD")) ?? "";
        string? stands = head.StartsWith("ref: ", StringComparison.Ordinal) ? RefReader.Read(common, head[5..]) : head;
        return went is null || stands == went || (mayBeUnborn && stands is null);
    }

    public bool HasBeenAt(string? commit)
    {
        string log = Path.Combine(Workspace.GitDirectory, "logs", "HEAD");
        return commit is { Length: >= 40 }
            && !Workspace.HasOwnRepository
            && HasContent(log)
            && File.ReadLines(log).Any(l => l.Split(' ', 3) is [_, { } at, _] && at == commit);
    }

    // Plumbing says no reason. Its own git goes by checkout, and that does; so does all but the first step.
    public bool HeadSetByPlumbing()
    {
        string log = Path.Combine(Workspace.GitDirectory, "logs", "HEAD");
        return HasContent(log) && File.ReadLines(log).Skip(1).LastOrDefault() is { } last && !last.Contains('\t');
    }

    // What makes a folder the worker's own: that it is no link, and which repository it points to.
    public IReadOnlyList<SharedStateChange> TakeChanges()
    {
        (string path, string entry) = (Workspace.Path, Workspace.GitDirectory);
        string[] paths = Workspace.HasOwnRepository
            ? [Path.GetDirectoryName(path)!, path, entry]
            :
            [
                Path.GetDirectoryName(path)!,
                path,
                Path.Combine(path, ".git"),
                entry,
                Path.Combine(entry, "gitdir"),
                Path.Combine(entry, "commondir"),
            ];
        string?[] now = [.. paths.Select(p => FileFingerprint.Of(p))];
        string?[] before = _last ?? now;
        _last = now;
        return [.. paths.Select((p, i) => new SharedStateChange(p, before[i], now[i])).Where(c => c.Before != c.After)];
    }

    // A pipe has no length either, and opening one would wait for ever.
    private static bool HasContent(string log) => new FileInfo(log) is { Exists: true, Length: > 0 };

    // Only a folder that carries the attempt's own name is its own: work/x and work/y are neighbours.
    private static string? BranchFolder(string branch) =>
        branch.EndsWith("/work", StringComparison.Ordinal) && branch.Count(c => c == '/') >= 2
            ? $"refs/heads/{branch[..^4]}"
            : null;
}
