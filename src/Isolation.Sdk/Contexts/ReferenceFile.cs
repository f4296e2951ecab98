using System.Text;
using System.Text.Unicode;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Contexts;

internal sealed record ReferenceFile(string Name, string Content)
{
    public const int MaxBytes = 256 * 1024;

    public static async Task<ReferenceFile> ReadAsync(
        string declared,
        string workspace,
        CancellationToken cancellationToken
    )
    {
        string full = Path.GetFullPath(declared, workspace);
        try
        {
            if (!Path.IsPathFullyQualified(declared) && !RealPath.IsBelow(RealPath.Of(full), RealPath.Of(workspace)))
            {
                throw Unreadable(declared, "it leads out of the workspace");
            }

            FileInfo file = new(full);
            if (!file.Exists)
            {
                throw Unreadable(declared, "there is no such file");
            }

            if (file.Length > MaxBytes)
            {
                throw Unreadable(declared, $"it has more than {MaxBytes / 1024} KiB");
            }

            byte[] bytes = await File.ReadAllBytesAsync(full, cancellationToken).ConfigureAwait(false);
            return Utf8.IsValid(bytes) && !bytes.Contains((byte)0)
                ? new ReferenceFile(
                    declared.Replace('\\', '/'),
                    Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').ReplaceLineEndings("\n")
                )
                : throw Unreadable(declared, "it is not UTF-8 text");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(declared, e.Message, e);
        }
    }

    public static IsolationFault Fault(string declared, string why) =>
        new(
            ContextCodes.ReferenceUnreadable,
            $"Reference '{declared}' cannot be given to workers: {why}.",
            "Declare a text file: relative to the top of the repository and committed, or by its absolute path."
        );

    private static IsolationException Unreadable(string declared, string why, Exception? inner = null)
    {
        IsolationFault fault = Fault(declared, why);
        return new IsolationException(fault.Code, fault.Message, fault.Remedy, inner);
    }
}
