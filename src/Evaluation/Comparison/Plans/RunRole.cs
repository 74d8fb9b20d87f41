using System.Text.Json.Serialization;

namespace ResearchFreeze.Evaluation;

/// <summary>What a run of a comparison is for.</summary>
public enum RunRole
{
    /// <summary>A method that is compared.</summary>
    [JsonStringEnumMemberName("method")]
    Method,

    /// <summary>Full training of a length and a schedule: a point of the control curve.</summary>
    [JsonStringEnumMemberName("control")]
    Control,

    /// <summary>A frozen prefix without any criterion, of which the best is a control of one method.</summary>
    [JsonStringEnumMemberName("prefix")]
    Prefix,

    /// <summary>Another control of that method: its freezes at their times of units drawn at random, and from a trained start the head alone and LP-FT.</summary>
    [JsonStringEnumMemberName("other")]
    Other,
}
