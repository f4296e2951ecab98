using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>The comparison that recycling is judged by sees what it has to see, and nothing else.</summary>
public sealed class ImageTests
{
    [IsolationTheory(Tools.Linux, "find", "sha1sum", Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_new_workspaces_look_the_same_until_one_is_changed(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones);
        await using Disposables all = new();
        IWorkspace one = await rig.AcquireAsync("one", all.Add(rig.NewProvider(CheckoutMethod.Checkout))),
            two = await rig.AcquireAsync("two", all.Add(rig.NewProvider(CheckoutMethod.Checkout)));
        string image = await WorkspaceImage.OfAsync(one);
        Assert.Equal(image, await WorkspaceImage.OfAsync(two));
        Assert.Contains("./src/m0/code.cs | f 644", image, StringComparison.Ordinal);
        foreach (
            string change in new[]
            {
                "chmod 600 docs/empty",
                "touch -d 2001-01-01 x",
                "printf Z | dd conv=notrunc bs=1 of=src/m0/code.cs",
                "ln bin/run ../run",
                "git config a.b c; git tag t",
                "git update-index --assume-unchanged bin/run",
                "ln -sfn x src/folder-link",
            }
        )
        {
            await Shell.RunAsync(two.Info.Path, change);
            string changed = await WorkspaceImage.OfAsync(two);
            Assert.True(image != changed, change);
            image = changed;
        }
    }

    private sealed class Disposables : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> _all = [];

        public T Add<T>(T one)
            where T : IAsyncDisposable
        {
            _all.Add(one);
            return one;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (IAsyncDisposable one in _all)
            {
                await one.DisposeAsync();
            }
        }
    }
}
