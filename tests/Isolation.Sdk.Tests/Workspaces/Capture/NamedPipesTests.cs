using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Who opens a pipe that nobody writes to waits for ever, git too. A worker that leaves one gets its outcome,
/// and holds nobody up.</summary>
public class NamedPipesTests
{
    public static TheoryData<string, bool> Places
    {
        get
        {
            TheoryData<string, bool> places = [];
            foreach (
                string place in new[]
                {
                    ".gitattributes",
                    ".gitignore",
                    ".gitmodules",
                    "deep/er/.gitignore",
                    "deep/.gitattributes",
                    ".git",
                    "work.txt",
                    "new",
                }
            )
            {
                places.Add(place, false);
                places.Add(place, true);
            }

            foreach (
                string place in new[]
                {
                    "HEAD",
                    "config",
                    "index",
                    "packed-refs",
                    "shallow",
                    "info/exclude",
                    "info/attributes",
                    "info/grafts",
                    "objects/info/alternates",
                    "refs/heads/pipe",
                    "refs/stash",
                    "logs/HEAD",
                    "commondir",
                    "config.worktree",
                    "FETCH_HEAD",
                    "index.lock",
                    "hooks/pre-commit",
                    "info/sparse-checkout",
                }
            )
            {
                places.Add(".git/" + place, true);
            }

            foreach (
                string place in new[]
                {
                    "HEAD",
                    "index",
                    "commondir",
                    "gitdir",
                    "config.worktree",
                    "logs/HEAD",
                    "ORIG_HEAD",
                    "index.lock",
                }
            )
            {
                places.Add("entry/" + place, false);
            }

            return places;
        }
    }

    [IsolationTheory(Tools.Linux, "mkfifo", Timeout = 60_000, DefaultRows = 1)]
    [MemberData(nameof(Places))]
    public async Task A_pipe_that_a_worker_leaves_holds_nobody_up(string place, bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones);
        IWorkspace workspace = await rig.AcquireAsync("piped", rig.Plain);
        string path = place.StartsWith("entry/", StringComparison.Ordinal)
            ? Path.Combine(workspace.Info.GitDirectory, place["entry/".Length..])
            : Path.Combine(workspace.Info.Path, place);
        await Shell.RunAsync(
            workspace.Info.Path,
            "echo made > made; mkdir -p \"$(dirname \"$1\")\"; rm -rf \"$1\"; mkfifo \"$1\"; d=$(head -c "
                + "250 /dev/zero | tr '\\0' d); i=0; while [ $i -lt 20 ]; do mkdir $d && cd -P $d || break; "
                + "i=$((i + 1)); done",
            path
        ); // And folders deeper than any path.
        Capture? capture = null;
        try
        {
            capture = await workspace.CaptureAsync(new PlainScope(rig.Repository.Root, workspace.Info.Path));
        }
        catch (IsolationException e)
        {
            Assert.StartsWith("ISO03", e.Code, StringComparison.Ordinal);
        }

        Assert.True(
            capture is null || capture.Files.Any(f => f.Path == "made"),
            string.Join(", ", capture?.Files.Select(f => f.Path) ?? [])
        );
        await workspace.ReleaseAsync(ReleaseMode.Remove);
        await rig.Plain.SettleAsync();
        Assert.Equal("", await rig.Repository.GitAsync(["branch", "--list", "isolation/*"]));
    }
}
