using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Workspaces;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Platform;

[SupportedOSPlatform("linux")]
public class TreeComparerTests
{
    [IsolationFact(Tools.Linux)]
    public async Task A_workspace_that_nobody_touched_is_as_its_index_says()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        (IWorkspace workspace, IndexFile index) = await MakeAsync(rig);

        Assert.True(new TreeComparer(index, workspace.Info.Path).Run().IsEmpty);
    }

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData("echo more >> dir/a.txt", "altered dir/a.txt")]
    [InlineData("m=$(stat -c %y dir/a.txt); printf b > dir/a.txt; touch -d \"$m\" dir/a.txt", "altered dir/a.txt")]
    [InlineData("chmod 600 dir/a.txt; chmod 644 dir/a.txt", "altered dir/a.txt")]
    [InlineData("ln dir/a.txt ../kept", "altered dir/a.txt")]
    [InlineData("ln dir/a.txt ../kept2; rm ../kept2", "altered dir/a.txt")]
    [InlineData("cp -p dir/a.txt x; mv x dir/a.txt", "altered dir/a.txt")]
    [InlineData("ln -sf b.txt dir/a.txt", "altered dir/a.txt")]
    [InlineData("rm dir/a.txt", "missing dir/a.txt")]
    [InlineData("mv dir/a.txt dir/A.txt", "missing dir/a.txt, stranger dir/A.txt")]
    [InlineData("rm -r dir; ln -s .. dir", "missing dir/a.txt, missing dir/b.txt, missing dir/sub/c.txt, stranger dir")]
    [InlineData("rm -r dir/sub; echo file > dir/sub", "missing dir/sub/c.txt, stranger dir/sub")]
    [InlineData("mkdir -p new/er; touch new/er/x", "stranger new")]
    [InlineData("git init -q nested; mkdir dir/.git", "stranger dir/.git, stranger nested")]
    [InlineData("chmod 500 dir/sub", "folder dir/sub")]
    [InlineData("chmod 700 .", "folder ")]
    [InlineData("chmod g+s dir", "folder dir")]
    [InlineData("mkfifo dir/fifo; touch 'new\nline'", "stranger dir/fifo, stranger new\nline")]
    [InlineData("rm link; ln -s elsewhere link", "altered link")]
    [InlineData("touch -h -d 2001-01-01 link", "altered link")]
    [InlineData("mkdir empty", "stranger empty")]
    public async Task Whatever_was_done_is_found(string deed, string found)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        (IWorkspace workspace, IndexFile index) = await MakeAsync(rig);
        using Process sh = Process.Start(
            new ProcessStartInfo("sh", ["-c", deed]) { WorkingDirectory = workspace.Info.Path }
        )!;
        await sh.WaitForExitAsync();

        TreeDifferences findings = new TreeComparer(index, workspace.Info.Path).Run();
        string[] told =
        [
            .. findings.Altered.Select(e => $"altered {Encoding.UTF8.GetString(index.Path(e))}"),
            .. findings.Folders.Select(f => $"folder {f}"),
            .. findings.Missing.Select(e => $"missing {Encoding.UTF8.GetString(index.Path(e))}"),
            .. findings.Unknown.Select(s => $"stranger {Encoding.UTF8.GetString(s)}").Order(StringComparer.Ordinal),
        ];
        Assert.Equal(found, string.Join(", ", told));
    }

    private static async Task<(IWorkspace Workspace, IndexFile Index)> MakeAsync(WorkspaceFixture rig)
    {
        File.CreateSymbolicLink(Path.Combine(rig.Repository.Path, "link"), "dir/a.txt");
        await rig.Repository.CommitAsync(
            "Some",
            new Dictionary<string, string>
            {
                ["dir/a.txt"] = "a",
                ["dir/b.txt"] = "b",
                ["dir/sub/c.txt"] = "c",
                ["dir.x"] = "x",
            }
        );
        IWorkspace workspace = await rig.AcquireAsync();
        return (workspace, IndexFile.TryRead(Path.Combine(workspace.Info.GitDirectory, "index"), "sha1")!);
    }
}
