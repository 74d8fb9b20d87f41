using System.Globalization;
using System.Text.Json.Serialization;

namespace ResearchFreeze.Evaluation;

/// <summary>Who makes a run, or has made it: a file below <c>locks</c> of a comparison's folder.</summary>
internal sealed record ClaimRecord
{
    internal const int CurrentSchema = 1;

    /// <summary>The host's name, for messages.</summary>
    public required string Host { get; init; }

    /// <summary>Where <see cref="Process"/> means something: the system's start and its space of process numbers, since names of hosts repeat.</summary>
    public required string Place { get; init; }

    /// <summary>The process.</summary>
    public required int Process { get; init; }

    /// <summary>What tells the process from a later one with its number.</summary>
    public required string Began { get; init; }

    /// <summary>When it was taken, as <see cref="Now"/> writes it.</summary>
    public required string Taken { get; init; }

    /// <summary>When it was given back; null: it was not.</summary>
    public string? Released { get; init; }

    /// <summary>The time, for people: what is decided by time goes by the file's.</summary>
    public static string Now => DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;

    /// <summary>Who, in words.</summary>
    [JsonIgnore]
    public string Who => FormattableString.Invariant($"process {Process} on {Host}, since {Taken}");
}
