using Isolation.Sdk.Sqlite;

namespace Isolation.Sdk;

/// <summary>Offers the durable tracker to pipelines.</summary>
public static class SqliteTrackerBuilderExtensions
{
    /// <summary>
    /// Keeps the items in a SQLite file, so that they outlive the process. Items that a run is given and that
    /// are in the file already go on where they were.
    /// </summary>
    /// <param name="builder">The pipeline's builder.</param>
    /// <param name="path">
    /// The file; it is created when it is first used. Not on a network file system: locks of SQLite don't work there.
    /// </param>
    public static IsolationPipelineBuilder UseSqliteTracker(this IsolationPipelineBuilder builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return builder.UseTracker(services => new SqliteWorkTracker(
            path,
            (TimeProvider?)services.GetService(typeof(TimeProvider))
        ));
    }
}
