namespace Isolation.Sdk.Benchmarks;

/// <summary>A private clone of 5,000 files against a linked worktree.</summary>
internal sealed class PrivateClones(Scratch scratch)
{
    public Task RunAsync(int runs) =>
        new BesideWorktree(scratch, "StandaloneWorkspace.CreateCloneAsync", async repository =>
            await StandaloneWorkspace.CreateCloneAsync(repository)
        ).RunAsync(files: 5_000, warmUps: 1, runs);
}
