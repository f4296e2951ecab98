using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Net.Sockets;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Does anything to a workspace that a worker could think of. What it did is in <see cref="Done"/>, in
/// order.</summary>
internal sealed class HostileWorker(string workspace, string outside, Random random) : IDisposable
{
    // $1: a tracked file, $2: a tracked folder, $3: a folder outside, $4: how many.
    private static readonly (string Name, string Script)[] Deeds =
    [
        (
            "a repository in a folder",
            "git init -q \"$2/nested\" && cd \"$2/nested\" && echo x > a && git add a && git commit -qm a "
                + "&& git tag nested"
        ),
        ("a repository around a file", "rm -rf \"$2/.git\"; git init -q \"$2\""),
        ("a folder nobody may write", "echo x > \"$2/new\"; chmod 555 \"$2\""),
        (
            "a folder nobody may enter",
            "mkdir \"$2/locked\"; echo x > \"$2/locked/in\"; chmod 000 \"$2/locked\"; chmod 000 \"$2\""
        ),
        ("every folder read-only", "find . -name .git -prune -o -type d -exec chmod a-w {} +"),
        ("a file nobody may read", "chmod 000 \"$1\""),
        ("a file everybody may write", "chmod 666 \"$1\""),
        ("a file with set-user-id", "chmod 4755 \"$1\"; cp /bin/true \"$2/root\"; chmod 6755 \"$2/root\""),
        ("a folder with set-group-id and sticky", "chmod 3777 \"$2\""),
        ("many ignored files", "mkdir -p build/obj && cd build/obj && seq 1 $4 | xargs touch"),
        (
            "names in capitals",
            "mv \"$1\" \"$1.tmp\" && mv \"$1.tmp\" \"$(dirname \"$1\")/$(basename \"$1\" | tr a-z A-Z)\""
        ),
        ("a folder in capitals", "mv src SRC"),
        (
            "a submodule",
            "git -c protocol.file.allow=always submodule add -q -f \"$3/other\" sub$4; git -c "
                + "protocol.file.allow=always submodule add -q -f \"$3/other\" \"$2/sub\""
        ),
        (
            "a submodule filled",
            "mkdir -p vendor/sub && cd vendor/sub && git init -q && echo s > s && git add s && git commit -qm s"
        ),
        (
            "a submodule removed",
            "git rm -rqf --cached vendor/sub; rm -rf vendor; git config --remove-section submodule.vendor/sub"
        ),
        ("a submodule as a file", "rm -rf vendor/sub && echo file > vendor/sub"),
        ("a folder as a link inside", "rm -rf \"$2\" && ln -s /proc/self/cwd/docs \"$2\""),
        ("a folder as a link outside", "rm -rf \"$2\" && ln -s \"$3/precious\" \"$2\""),
        ("a folder moved out and linked back", "mv \"$2\" \"$3/stolen-$4-$$\" && ln -s \"$3/stolen-$4-$$\" \"$2\""),
        ("a link to outside", "ln -s \"$3/precious\" \"$2/look\"; ln -s / \"$2/root\"; ln -s loop \"$2/loop\""),
        ("a file as a link", "rm -rf \"$1\" && ln -s \"$3/precious/file\" \"$1\""),
        ("a link as a file", "rm -rf src/m0/link && printf code.cs > src/m0/link"),
        ("a link elsewhere", "ln -sfn code.css src/m0/link; ln -sfn \"$3/precious\" src/folder-link"),
        (
            "a link to a folder as a folder",
            "rm -rf src/folder-link && mkdir src/folder-link && cp -r src/m0/. src/folder-link"
        ),
        ("a file as a folder", "rm -rf \"$1\" && mkdir -p \"$1/in\" && echo x > \"$1/in/x\""),
        ("a folder as a file", "rm -rf \"$2\" && echo x > \"$2\""),
        ("a second name outside", "ln \"$1\" \"$3/kept-$4-$$\""),
        (
            "a foreign file's name",
            "rm -rf \"$1\" && ln \"$3/precious/file\" \"$1\"; ln \"$3/precious/file\" \"$2/foreign\""
        ),
        ("two files exchanged", "mv \"$1\" swap && mv bin/run \"$1\" && mv swap bin/run"),
        ("a file in another's place", "cp -p \"$1\" copy && mv copy \"$1\""),
        (
            "another content of the same size and time",
            "cp -p \"$1\" ref; size=$(stat -c %s \"$1\"); head -c \"$size\" /dev/urandom > \"$1\"; touch "
                + "-r ref \"$1\"; rm ref"
        ),
        ("forged times", "touch -h -d 2001-01-01 \"$1\"; touch -h -d 2037-01-01 bin/run; touch -d 1999-01-01 \"$2\""),
        ("a file with more in it", "echo more >> \"$1\""),
        ("a file with nothing in it", ": > \"$1\""),
        ("assume-unchanged", "git update-index --assume-unchanged \"$1\"; echo evil >> \"$1\""),
        (
            "skip-worktree",
            "git update-index --skip-worktree \"$1\"; echo evil > \"$1\"; git update-index --fsmonitor-valid \"$1\""
        ),
        ("sparse patterns", "git sparse-checkout set --no-cone /docs/ && git config core.sparseCheckout true"),
        (
            "local config",
            "git config core.autocrlf true; git config core.fileMode false; git config alias.st '!touch "
                + "aliased'; git config filter.x.smudge 'tr a-z A-Z'; mkdir -p \"$3/elsewhere\"; git config "
                + "core.worktree \"$3/elsewhere\"; git config core.untrackedCache true"
        ),
        (
            "config of the worktree",
            "git config extensions.worktreeConfig true; git config --worktree core.excludesFile \"$3/x\""
        ),
        (
            "attributes",
            "mkdir -p \"$(git rev-parse --git-path info)\"; echo '* text eol=crlf filter=x' > \"$(git "
                + "rev-parse --git-path info/attributes)\"; echo '*' > \"$(git rev-parse --git-path "
                + "info/exclude)\"; echo '* text eol=crlf' > .gitattributes"
        ),
        (
            "hooks",
            "h=\"$(git rev-parse --git-path hooks)\"; mkdir -p \"$h\"; printf '#!/bin/sh\\ntouch "
                + "hooked\\n' > \"$h/post-checkout\"; chmod 755 \"$h/post-checkout\"; git config core.hooksPath "
                + "\"$h\""
        ),
        ("a stash", "echo stashed > \"$1\"; git stash -q -u"),
        ("tags and branches", "git tag worker-$4-$$; git branch worker-$4-$$; git tag -a -m t note-$4-$$"),
        ("a commit", "echo c > committed; git add -A; git commit -qm Worker; git commit -q --allow-empty -m Again"),
        ("HEAD detached", "git checkout -q --detach; git commit -q --allow-empty -m Detached"),
        ("another branch", "git checkout -q -f -b other-$4-$$; git rm -rqf src; git commit -qm Gone"),
        (
            "a merge in progress",
            "git checkout -q -f -b left-$4-$$; echo l > docs/empty; git commit -qam l; git checkout -q -b "
                + "right-$4-$$ HEAD~; echo r > docs/empty; git commit -qam r; git merge left-$4-$$"
        ),
        ("no index", "rm -f \"$(git rev-parse --git-path index)\""),
        ("a broken index", "head -c 3000 /dev/urandom > \"$(git rev-parse --git-path index)\""),
        ("a locked index", ": > \"$(git rev-parse --git-path index.lock)\""),
        ("a split index", "git update-index --split-index; git config core.splitIndex true"),
        ("an index of another format", "git update-index --index-version 4; git update-index --untracked-cache"),
        (".git elsewhere", "rm -rf .git && echo 'gitdir: /nowhere' > .git"),
        (".git as a folder", "rm -rf .git && git init -q . && git add -A && git commit -qm Mine"),
        (".git as a link", "mv .git \"$3/git-$4-$$\" && ln -s \"$3/git-$4-$$\" .git"),
        (".git as a pipe", "rm -rf .git && mkfifo .git"),
        (".git gone", "rm -rf .git"),
        ("pipes", "mkfifo \"$2/pipe\"; rm -rf \"$1\"; mkfifo \"$1\""),
        ("a long name", "touch \"$2/$(head -c 255 /dev/zero | tr '\\0' n)\""),
        (
            "deep folders",
            "d=$(head -c 200 /dev/zero | tr '\\0' d); i=0; while [ $i -lt 30 ]; do mkdir \"$d\" && cd "
                + "\"$d\" || break; echo x > x; i=$((i + 1)); done"
        ),
        ("odd names", "touch \"$(printf 'a\\nb')\" ' ' '-rf' '*' \"$2/\\\\\" \"$2/$(printf 'tab\\t')\""),
        (
            "names that are no text",
            "touch \"$(printf 'bad\\377')\" && mkdir \"$2/$(printf 'w\\300rse')\" && touch \"$2/$(printf "
                + "'w\\300rse/\\301')\""
        ),
        ("everything deleted", "find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +"),
        ("git clean and reset", "git clean -qffdx; git reset -q --hard"),
        (
            "every file written anew",
            "find . -name .git -prune -o -type f -print0 | xargs -0 -I{} sh -c 'cp -p \"$1\" \"$1~\" && mv "
                + "-f \"$1~\" \"$1\"' sh {}"
        ),
        ("the files moved away and back", "mkdir hold && mv src docs hold/ && mv hold/src hold/docs . && rmdir hold"),
        ("flags", "chattr +dA \"$1\"; chattr +d \"$2\""),
    ];

    // Who opens a pipe that nobody else opens waits for ever.
    private const string NoPipe =
        "for f in \"$1\" bin/run docs/empty .gitattributes .gitignore .gitmodules; do test -p \"$f\" && rm "
        + "-f \"$f\" && echo x > \"$f\"; done; ";

    private readonly List<IDisposable> _open = [];
    private readonly List<string> _done = [];

    public IReadOnlyList<string> Done => _done;

    public static IReadOnlyList<string> All => [.. Deeds.Select(d => d.Name), .. Others];

    private static string[] Others =>
        [
            "attributes of a file",
            "attributes of a folder",
            "permissions that are inherited",
            "a socket",
            "an open file that is deleted",
            "an open file",
            "a mapped file",
        ];

    /// <summary>Does some of it.</summary>
    public async Task WorkAsync(int deeds, int many)
    {
        for (int i = 0; i < deeds; i++)
        {
            await DoAsync(All[random.Next(All.Count)], many);
        }
    }

    public async Task DoAsync(string deed, int many)
    {
        string file = One("git -C \"$1\" ls-files -z -- ':!vendor/sub'", "bin/run"),
            folder = One("cd \"$1\" && find src docs data bin -type d -print0", "src");
        _done.Add($"{deed} ({file.ReplaceLineEndings("\\n")}, {folder})");
        string path = Path.Combine(workspace, file);
        if (Array.Find(Deeds, d => d.Name == deed) is { Script: { } script })
        {
            await Shell.RunAsync(
                workspace,
                NoPipe + script,
                file,
                folder,
                outside,
                many.ToString(CultureInfo.InvariantCulture)
            );
            return;
        }

        try
        {
            Perform(deed, path, Path.Combine(workspace, folder));
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or SocketException or ArgumentException)
        {
            // What was done before leaves no room for it.
        }
    }

    public void Dispose() => _open.ForEach(o => o.Dispose());

    private void Perform(string deed, string file, string folder)
    {
        switch (deed)
        {
            case "attributes of a file":
                Native.SetAttribute(file, "user.evil", [1, 2, 3]);
                break;
            case "attributes of a folder":
                Native.SetAttribute(folder, "user.evil", [1, 2, 3]);
                break;
            case "permissions that are inherited":
                Native.SetDefaultAcl(folder);
                Directory.CreateDirectory(Path.Combine(folder, "inherits"));
                break;
            case "a socket":
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                _open.Add(socket);
                socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(workspace, "s")));
                break;
            case "an open file that is deleted":
                _open.Add(
                    new FileStream(
                        Path.Combine(folder, "open"),
                        FileMode.Create,
                        FileAccess.ReadWrite,
                        FileShare.Delete
                    )
                );
                File.Delete(Path.Combine(folder, "open"));
                break;
            case "an open file" when IsFile(file):
                FileStream stream = new(
                    file,
                    FileMode.Open,
                    FileAccess.ReadWrite,
                    FileShare.ReadWrite | FileShare.Delete
                );
                _open.Add(stream);
                stream.WriteByte((byte)'!');
                stream.Flush();
                break;
            case "a mapped file" when IsFile(file) && new FileInfo(file).Length > 0:
                using (MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, FileMode.Open))
                using (MemoryMappedViewAccessor view = map.CreateViewAccessor())
                {
                    view.Write(0, (byte)(view.ReadByte(0) + 1));
                }

                break;
        }
    }

    private static bool IsFile(string path) =>
        new FileInfo(path) is { Exists: true, LinkTarget: null } file
        && (file.UnixFileMode & UnixFileMode.UserRead) != 0
        && file.Attributes is var kind
        && (kind & FileAttributes.Directory) == 0
        && Shell.RunAsync("/", "test -f \"$1\" && echo yes", path).Result.StartsWith("yes", StringComparison.Ordinal);

    private string One(string list, string otherwise)
    {
        string[] all = Shell
            .RunAsync(workspace, list, workspace)
            .Result.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return all.Length < 2 ? otherwise : all[random.Next(all.Length - 1)];
    }
}
