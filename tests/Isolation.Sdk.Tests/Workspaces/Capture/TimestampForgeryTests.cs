using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A workspace is filled with files that are older than it; that alone is no forgery.</summary>
public sealed class TimestampForgeryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("isolation-times-").FullName;
    private readonly WorkspaceInfo _info;
    private readonly DateTime _checkedOut;

    public TimestampForgeryTests()
    {
        string tree = Directory.CreateDirectory(Path.Combine(_root, "tree", "deep")).Parent!.FullName;
        string git = Directory.CreateDirectory(Path.Combine(_root, "git")).FullName;
        _info = new WorkspaceInfo(tree, git, null, new string('0', 40));
        foreach (string name in new[] { "a.txt", "deep/b.txt", "copied.txt" })
        {
            Write(name, "old", DateTime.UnixEpoch.AddYears(40));
        }

        _checkedOut = new PinMarker(_info).Set(_info.BaseCommit);
    }

    [IsolationFact(Tools.Linux)]
    public void Files_that_came_with_their_times_are_believed()
    {
        Assert.False(TimestampForgery.IsFound(_info, [], _checkedOut));
        Write("new.txt", "new", DateTime.UtcNow);
        Assert.False(TimestampForgery.IsFound(_info, [], _checkedOut));
    }

    [IsolationFact(Tools.Linux)]
    public void A_change_that_says_it_is_older_than_the_workspace_is_not_believed_and_no_later_capture_forgets_it()
    {
        Write("deep/b.txt", "new", DateTime.UnixEpoch.AddYears(40));
        Assert.True(TimestampForgery.IsFound(_info, [], _checkedOut));
        new PinMarker(_info).Complete(_info.BaseCommit, new PinMarker(_info).Begin()!.Value);
        Assert.True(TimestampForgery.IsFound(_info, [], _checkedOut));
    }

    [IsolationFact(Tools.Linux)]
    public void What_was_copied_in_may_have_any_time()
    {
        Write("copied.txt", "new", DateTime.UnixEpoch.AddYears(40));
        Assert.False(TimestampForgery.IsFound(_info, ["copied.txt"], _checkedOut));
        Assert.True(TimestampForgery.IsFound(_info, [], _checkedOut));
    }

    [IsolationFact]
    public void Where_nobody_knows_since_when_everything_older_than_the_workspace_is_doubted()
    {
        Assert.True(TimestampForgery.IsFound(_info, [], null));
    }

    [IsolationFact(Tools.Linux)]
    public void The_moment_outlives_the_process()
    {
        WorkspaceFacts facts = WorkspaceFacts.FromJson(
            (WorkspaceFacts.None with { CheckedOutAt = _checkedOut }).ToJson()
        );
        Assert.Equal((_checkedOut, DateTimeKind.Utc), (facts.CheckedOutAt!.Value, facts.CheckedOutAt.Value.Kind));
    }

    public void Dispose() => Isolation.Sdk.Platform.SafeDelete.DeleteTree(_root);

    private void Write(string name, string content, DateTime time)
    {
        string path = Path.Combine(_info.Path, name);
        File.WriteAllText(path, content);
        File.SetLastWriteTimeUtc(path, time);
    }
}
