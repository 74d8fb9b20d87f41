namespace ResearchFreeze.Evaluation;

/// <summary>What a plan's runs are started with on another machine or by another program.</summary>
/// <param name="Program">The command: a program and its first arguments, <c>["/usr/bin/dotnet", "exec", "/tools/freeze.dll"]</c>.</param>
/// <param name="Folder">The comparison's folder, absolute.</param>
/// <param name="WorkingFolder">Where relative paths of the plan's data begin, absolute.</param>
public sealed record SweepSetting(IReadOnlyList<string> Program, string Folder, string WorkingFolder)
{
    /// <summary>The most runs at a time; null: as many as the scheduler likes.</summary>
    public int? Jobs { get; init; }

    /// <summary>The folder of what runs print, in the comparison's folder.</summary>
    public const string Logs = "logs";
}
