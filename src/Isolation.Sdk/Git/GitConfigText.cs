using System.Text;

namespace Isolation.Sdk.Git;

// A config file as git reads one, without what it includes: asking git would cost a process.
internal ref struct GitConfigText(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    // Section and key in lower case, as git lists them; null if git could not read it either.
    public static IReadOnlyList<KeyValuePair<string, string>>? Parse(string text) =>
        new GitConfigText(text.ReplaceLineEndings("\n").TrimStart('\uFEFF')).Read();

    private List<KeyValuePair<string, string>>? Read()
    {
        List<KeyValuePair<string, string>> read = [];
        string? section = null;
        while (true)
        {
            SkipSpace();
            if (_at == _text.Length)
            {
                return read;
            }

            if (_text[_at] == '[')
            {
                if ((section = ReadSection()) is null)
                {
                    return null;
                }
            }
            else if (section is null || ReadKey() is not { } key || ReadValue() is not { } value)
            {
                return null;
            }
            else
            {
                read.Add(new KeyValuePair<string, string>($"{section}.{key}", value));
            }
        }
    }

    // Over blank lines and comments.
    private void SkipSpace()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(_text[_at]) || _text[_at] is '#' or ';'))
        {
            if (_text[_at] is '#' or ';')
            {
                int end = _text[_at..].IndexOf('\n');
                _at = end < 0 ? _text.Length : _at + end;
            }
            else
            {
                _at++;
            }
        }
    }

    // [core], [branch "main"], and the old [branch.main].
    private string? ReadSection()
    {
        int start = ++_at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '.'))
        {
            _at++;
        }

        StringBuilder name = new StringBuilder().Append(_text[start.._at].ToString().ToLowerInvariant());
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
        {
            _at++;
        }

        if (_at < _text.Length && _text[_at] == '"')
        {
            name.Append('.');
            for (_at++; _at < _text.Length && _text[_at] is not ('"' or '\n'); _at++)
            {
                _at += _text[_at] == '\\' && _at + 1 < _text.Length ? 1 : 0;
                name.Append(_text[_at]);
            }

            _at++;
        }

        bool ends = _at < _text.Length && _text[_at++] == ']';
        return ends && name.Length > 0 ? name.ToString() : null;
    }

    private string? ReadKey()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '-'))
        {
            _at++;
        }

        return _at > start && char.IsAsciiLetter(_text[start]) ? _text[start.._at].ToString().ToLowerInvariant() : null;
    }

    private string? ReadValue()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
        {
            _at++;
        }

        if (_at == _text.Length || _text[_at] is '\n' or '#' or ';')
        {
            return "true";
        }

        if (_text[_at++] != '=')
        {
            return null;
        }

        StringBuilder value = new();
        int kept = 0;
        bool quoted = false;
        for (; _at < _text.Length && _text[_at] != '\n'; _at++)
        {
            char c = _text[_at];
            if (c == '"')
            {
                quoted = !quoted;
                kept = value.Length;
            }
            else if (!quoted && c is '#' or ';')
            {
                break;
            }
            else if (c == '\\')
            {
                if (++_at == _text.Length || Unescape(_text[_at]) is not { } meant)
                {
                    return null;
                }

                kept = value.Append(meant).Length;
            }
            else if (value.Length > 0 || quoted || !char.IsWhiteSpace(c))
            {
                value.Append(c);
                kept = quoted || !char.IsWhiteSpace(c) ? value.Length : kept;
            }
        }

        return quoted ? null : value.ToString(0, kept);
    }

    private static string? Unescape(char c) =>
        c switch
        {
            '\n' => "",
            'n' => "\n",
            't' => "\t",
            'b' => "\b",
            '"' or '\\' => c.ToString(),
            _ => null,
        };
}
