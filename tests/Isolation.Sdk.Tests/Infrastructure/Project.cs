using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Project
{
    public static string Root { get; } = Find();

    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find([CallerFilePath] string here = "")
    {
        string? folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Isolation.Sdk.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"No Isolation.Sdk.sln above {here}.");
    }
}
