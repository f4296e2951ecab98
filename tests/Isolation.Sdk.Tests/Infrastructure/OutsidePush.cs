namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>Somebody outside of any pipeline who commits to the target.</summary>
internal static class OutsidePush
{
    /// <summary>Commits files on top of the target.</summary>
    /// <returns>The target's new commit.</returns>
    public static async Task<string> PushAsync(this PipelineFixture rig, params (string Path, string Content)[] files)
    {
        string outside = $"{rig.Repository.Path}.outside-{Guid.NewGuid():n}";
        await rig.GitAsync("worktree", "add", "-q", "--detach", outside, PipelineFixture.Target);
        foreach ((string path, string content) in files)
        {
            await File.WriteAllTextAsync(Path.Combine(outside, path), content);
        }

        await rig.GitAsync("-C", outside, "add", "-A", "--force");
        await rig.GitAsync("-C", outside, "commit", "-q", "-m", "From outside");
        string commit = await rig.GitAsync("-C", outside, "rev-parse", "HEAD");
        await rig.GitAsync("update-ref", $"refs/heads/{PipelineFixture.Target}", commit);
        await rig.GitAsync("worktree", "remove", "--force", outside);
        return commit;
    }
}
