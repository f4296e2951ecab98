namespace Isolation.Sdk.Sandboxing;

/// <summary>A scope that knows secrets, and takes them out of whatever is about to be written down.</summary>
internal interface ISecretMasking
{
    /// <summary>The text with every secret of the scope replaced by <c>***</c>.</summary>
    string Mask(string text);
}
