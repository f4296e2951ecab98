using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The tracker that the guide shows does what every tracker has to do.</summary>
public sealed class DocumentedTrackerTests
{
    private static readonly Lazy<Task<Type>> Tracker = new(CompileAsync);

    public static TheoryData<string> Names => new(new Suite(typeof(object), "").Checks.Select(c => c.Name));

    [IsolationTheory]
    [MemberData(nameof(Names))]
    public async Task The_tracker_of_the_guide(string check)
    {
        string folder = Directory.CreateTempSubdirectory("isolation-tracker-").FullName;
        try
        {
            await new Suite(await Tracker.Value, folder).RunAsync(check);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Type> CompileAsync()
    {
        const string Page = "docs/guide/extending.md";
        Snippet snippet = Snippet
            .In(Page, await Sources.ReadAsync(Page))
            .Single(s => s.Code.Contains("class FileTracker", StringComparison.Ordinal));
        return snippet.Load().GetType("FileTracker", throwOnError: true)!;
    }

    private sealed class Suite(Type tracker, string folder) : WorkTrackerConformance
    {
        protected override ValueTask<IWorkTracker> CreateAsync(TimeProvider time) =>
            new((IWorkTracker)Activator.CreateInstance(tracker, folder, time)!);

        // A new tracker over the same files, as after a restart.
        protected override ValueTask<IWorkTracker> ReopenAsync(IWorkTracker tracker, TimeProvider time) =>
            CreateAsync(time);
    }
}
