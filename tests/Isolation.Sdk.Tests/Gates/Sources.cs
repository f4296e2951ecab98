using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The files of the project, as git knows them: committed ones, and new ones that are not ignored.</summary>
internal static class Sources
{
    public static async Task<IReadOnlyList<string>> AllAsync()
    {
        string listed = await ThrowawayRepository.GitInAsync(
            Project.Root,
            ["-c", $"safe.directory={Project.Root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        );
        return
        [
            .. listed
                .Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Where(p => File.Exists(Project.At(p)))
                .Order(StringComparer.Ordinal),
        ];
    }

    public static async Task<IReadOnlyList<string>> LibraryAsync() =>
        [
            .. (await AllAsync()).Where(p =>
                p.StartsWith("src/", StringComparison.Ordinal) && p.EndsWith(".cs", StringComparison.Ordinal)
            ),
        ];

    public static Task<string> ReadAsync(string path) => File.ReadAllTextAsync(Project.At(path));

    public static Task<string[]> LinesAsync(string path) => File.ReadAllLinesAsync(Project.At(path));
}
