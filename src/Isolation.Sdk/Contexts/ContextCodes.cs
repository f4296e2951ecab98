namespace Isolation.Sdk.Contexts;

internal static class ContextCodes
{
    public const string OverBudget = "ISO0503";
    public const string ReferenceUnreadable = "ISO0504";
    public const string BriefingInWorkTree = "ISO0505";
    public const string NotTheNewest = "ISO0506";
    public const string NoteTooLong = "ISO0507";
}
