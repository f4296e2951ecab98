using Isolation.Sdk.Testing;

namespace Isolation.Sdk.Benchmarks;

/// <summary>A throwaway worktree of 500 files against git's own.</summary>
internal sealed class Throwaway(Scratch scratch)
{
    public Task RunAsync(int runs)
    {
        // The throwaway is on the file system of the other one.
        Environment.SetEnvironmentVariable("TMPDIR", scratch.At("temp"));
        Directory.CreateDirectory(scratch.At("temp"));
        return new BesideWorktree(scratch, "ThrowawayWorktree.CreateAsync", async repository =>
            await ThrowawayWorktree.CreateAsync(repository)
        ).RunAsync(files: 500, warmUps: 3, runs);
    }
}
