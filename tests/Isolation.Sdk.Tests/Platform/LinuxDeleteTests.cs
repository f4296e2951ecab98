using System.Diagnostics;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Platform;

public class LinuxDeleteTests
{
    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData(
        "printf x > \"$(printf 'not-utf8-\\377')\"; mkdir \"$(printf 'd\\376')\"; touch \"$(printf 'd\\376/\\375')\""
    )]
    [InlineData("i=0; while [ $i -lt 700 ]; do mkdir d; cd d; i=$((i+1)); done; touch bottom")]
    [InlineData("i=0; n=$(printf '%0250d' 1); while [ $i -lt 40 ]; do mkdir $n; cd $n; i=$((i+1)); done; touch bottom")]
    [InlineData("mkdir -p a/b/c; touch a/b/c/f; chmod 0 a/b/c; chmod 500 a/b; chmod 0 a")]
    [InlineData("mkfifo p; ln -s /etc link; ln -s nowhere dangling; touch f; chmod 0 f")]
    [InlineData("for i in $(seq 2000); do : > file-$i; done; mkdir d; for i in $(seq 300); do mkdir d/$i; done")]
    public async Task Whatever_is_in_it_goes(string content)
    {
        using ThrowawayFolder folder = ThrowawayFolder.Create("delete");
        string tree = Path.Combine(folder.Path, "tree");
        Directory.CreateDirectory(tree);
        await ShAsync(tree, content);

        SafeDelete.DeleteTree(tree);

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [IsolationFact(Tools.Linux)]
    public async Task What_a_link_leads_to_stays_wherever_the_link_is()
    {
        using ThrowawayFolder folder = ThrowawayFolder.Create("delete");
        string tree = Path.Combine(folder.Path, "tree"),
            kept = Path.Combine(folder.Path, "kept");
        Directory.CreateDirectory(Path.Combine(kept, "below"));
        File.WriteAllText(Path.Combine(kept, "below", "file"), "kept");
        Directory.CreateDirectory(tree);
        await ShAsync(tree, "ln -s ../kept link; mkdir d; ln -s ../../kept d/link; ln ../kept/below/file second");

        LinuxDelete.DeleteTree(tree, "link/below/file"u8);
        SafeDelete.DeleteTree(Path.Combine(tree, "link"));
        SafeDelete.DeleteTree(tree);

        Assert.Equal("kept", File.ReadAllText(Path.Combine(kept, "below", "file")));
        Assert.False(Directory.Exists(tree));
    }

    [IsolationFact(Tools.Linux, Tools.Root, "chattr")]
    public async Task What_is_marked_unchangeable_goes_too()
    {
        using ThrowawayFolder folder = ThrowawayFolder.Create("delete");
        string tree = Path.Combine(folder.Path, "tree");
        Directory.CreateDirectory(tree);
        await ShAsync(tree, "touch f; mkdir d; touch d/g; chattr +i f 2>/dev/null; chattr +a d 2>/dev/null; true");

        SafeDelete.DeleteTree(tree);

        Assert.False(Directory.Exists(tree));
    }

    private static async Task ShAsync(string folder, string script)
    {
        using Process sh = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = folder })!;
        await sh.WaitForExitAsync();
        Assert.Equal(0, sh.ExitCode);
    }
}
