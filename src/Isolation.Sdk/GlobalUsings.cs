global using GitSettings = System.Collections.Generic.IReadOnlyList<System.Collections.Generic.KeyValuePair<
    string,
    string
>>;
