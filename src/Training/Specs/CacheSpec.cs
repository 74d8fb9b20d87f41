using System.Globalization;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A forward cache as it is written on the command line: <c>off</c>, <c>auto</c>, <c>memory=2GB</c> or <c>file=FOLDER</c>, and behind a comma <c>half</c>, <c>always</c> or <c>limit=20GB</c>.</summary>
public static class CacheSpec
{
    /// <summary>No cache.</summary>
    public const string Off = "off";

    /// <summary>How it is written.</summary>
    public const string Usage = "off|auto|memory=2GB|file=FOLDER[,limit=20GB][,half][,always]";

    private static readonly (string Unit, double Bytes)[] Units = [("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1)];

    /// <summary>Reads it; null: there is none.</summary>
    /// <exception cref="ArgumentException">It is written in another way.</exception>
    public static CacheOptions? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (text == Off) return null;
        CacheOptions options = parts[0].Split('=', 2) switch
        {
            ["auto"] => new CacheOptions(),
            ["memory", var bytes] => new CacheOptions { Limit = Bytes(text, bytes) },
            ["file", var folder] when folder.Length > 0 => new CacheOptions { Folder = folder },
            _ => throw Wrong(text),
        };
        foreach (string part in parts[1..])
        {
            options = part.Split('=', 2) switch
            {
                ["half"] => options with { IsHalf = true },
                ["always"] => options with { IsForced = true },
                ["limit", var bytes] when options.Folder is not null => options with { Limit = Bytes(text, bytes) },
                _ => throw Wrong(text),
            };
        }
        return options;
    }

    private static long Bytes(string text, string bytes)
    {
        foreach ((string unit, double factor) in Units)
        {
            if (!bytes.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            if (double.TryParse(bytes[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number > 0 && number * factor < 1e18) return (long)(number * factor);
            break;
        }
        throw new ArgumentException($"'{text}': '{bytes}' is no number of bytes, as in 500MB or 2GB.");
    }

    private static ArgumentException Wrong(string text) => new($"'{text}': a cache is {Usage}.");
}
