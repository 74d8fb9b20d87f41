namespace ResearchFreeze.Data;

/// <summary>A text, or two, with its class.</summary>
/// <param name="Text">The text, or the first of two.</param>
/// <param name="Label">Its class.</param>
/// <param name="Second">The second text; null: there is one.</param>
public readonly record struct TextSample(string Text, int Label, string? Second = null);
