namespace ResearchFreeze.Plots;

/// <summary>A picture that is to be drawn.</summary>
/// <param name="Picture">The kind.</param>
/// <param name="Runs">Of which runs.</param>
/// <param name="Path">Into which file.</param>
public sealed record PlannedPicture(Picture Picture, IReadOnlyList<PlottedRun> Runs, string Path);
