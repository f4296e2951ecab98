namespace Isolation.Sdk.IO;

internal static class Difference
{
    // The keys that only one of them has, or with another value.
    public static IEnumerable<string> Keys<T>(
        IReadOnlyDictionary<string, T> before,
        IReadOnlyDictionary<string, T> now
    ) =>
        before
            .Keys.Union(now.Keys)
            .Where(k => !before.TryGetValue(k, out T? was) || !now.TryGetValue(k, out T? value) || !Equals(was, value))
            .Order(StringComparer.Ordinal);
}
