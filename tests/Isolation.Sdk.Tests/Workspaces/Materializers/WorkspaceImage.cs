using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Everything that can be seen of a workspace from inside, as lines of text in which its own name and place
/// are left out: two that are as new have the same.</summary>
internal static class WorkspaceImage
{
    private const string Git = """
        cd "$1" || exit
        g=$(git rev-parse --absolute-git-dir)
        echo "## status"; git status --porcelain=v2 --branch --ignored -uall | sed -e "s/# branch.oid.*//"
        echo "## flags"; git ls-files --debug | grep -a "flags:" | sort | uniq -c
        git ls-files -v | cut -c1-2 | sort | uniq -c
        echo "## entries"; git ls-files -s
        echo "## config"; git config --list --show-scope
        git config --file "$g/config.worktree" --list 2>/dev/null
        echo "## hooks"; ls -la "$(git rev-parse --git-path hooks)" 2>/dev/null | awk '{print $1, $5, $9}'
        echo "## refs"; git for-each-ref; git stash list; git tag; git branch --list -a
        echo "## sparse"; git sparse-checkout list 2>&1
        echo "## head"; cat "$g/HEAD"; git log --oneline -3 --format=%H; git rev-parse HEAD; git symbolic-ref HEAD
        echo "## reflog"; git reflog show HEAD --format='%H %gs'
        echo "## directory"; (cd "$g" && find . -path ./objects -prune -o -path ./refs -prune -o -path ./worktrees -prune -o -path ./isolation -prune -o -printf '%y %m %p\n' | sort)
        (cd "$g" && find info -type f -exec cat {} + 2>/dev/null)
        echo "## clean"; git diff --stat HEAD; git fsck --connectivity-only 2>&1 | head -3
        """;

    private const string Times =
        "cd \"$1\" && find . -path ./.git -prune -o -mindepth 1 -type \"$2\" -printf '%T+ %p\\0'";

    /// <summary>Files with all that is known of them, and what git says.</summary>
    public static async Task<string> OfAsync(IWorkspace workspace) =>
        $"{await FilesAsync(workspace.Info.Path, ".git")}\n{await GitAsync(workspace)}";

    /// <summary>What is below a folder: kind, permissions, size, links, owner, attributes, where a link leads,
    /// content.</summary>
    public static async Task<string> FilesAsync(string folder, string except)
    {
        string list = await Shell.RunAsync(
            folder,
            "find . -path ./\"$1\" -prune -o -printf '%y %m %s %n %U %G %l\\t%p\\0'; find . -path ./\"$1\" "
                + "-prune -o -type f -print0 | xargs -0 sha1sum -z",
            except
        );
        List<string> lines = [];
        foreach (string line in list.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.IndexOf('\t', StringComparison.Ordinal) is var tab and > 0)
            {
                string path = line[(tab + 1)..];
                string[] parts = line[..tab].Split(' ');
                if (parts[0] == "d")
                {
                    // How large a folder is tells of names that it once had, on some file systems: nothing makes it
                    // small again.
                    parts[2] = "-";
                }

                lines.Add(
                    $"{path.ReplaceLineEndings("\\n")} | {string.Join(' ', parts)} | "
                        + $"{Native.Attributes(Path.Combine(folder, path))}"
                );
            }
            else
            {
                lines.Add($"content {line.ReplaceLineEndings("\\n")}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    /// <summary>Which files or folders below the top say that they were written at another time than the
    /// rest.</summary>
    /// <param name="folder">The top.</param>
    /// <param name="kinds">As <c>find</c> has them.</param>
    public static async Task<string> OddTimesAsync(string folder, string kinds)
    {
        (string Time, string Path)[] all =
        [
            .. (await Shell.RunAsync("/", Times, folder, kinds))
                .Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => (l[..l.IndexOf(' ')], l[(l.IndexOf(' ') + 1)..])),
        ];
        string most = all.CountBy(e => e.Time).MaxBy(g => g.Value).Key;
        return string.Join('\n', all.Where(e => e.Time != most).Select(e => e.Path).Order(StringComparer.Ordinal));
    }

    /// <summary>The number of a file or folder, and its birth, since numbers are used again: what stays the same when
    /// it is moved.</summary>
    public static async Task<string> InodeAsync(string path) =>
        (await Shell.RunAsync("/", "stat -c '%d:%i %w' \"$1\"", path)).Trim();

    // Branches of others show in a linked worktree, and are no part of it.
    private static async Task<string> GitAsync(IWorkspace workspace)
    {
        WorkspaceInfo info = workspace.Info;
        string attempt = Path.GetFileName(Path.GetDirectoryName(info.Path)!);
        string said = (await Shell.RunAsync("/", Git, info.Path))
            .Replace(info.GitDirectory, "<git>", StringComparison.Ordinal)
            .Replace(info.Path, "<work>", StringComparison.Ordinal)
            .Replace(attempt, "<attempt>", StringComparison.Ordinal)
            .Replace(attempt[..attempt.LastIndexOf('.')], "<item>", StringComparison.Ordinal);
        return string.Join(
            '\n',
            said.Split('\n').Where(l => !l.Contains(PoolFixture.ItemPrefix, StringComparison.Ordinal))
        );
    }
}
