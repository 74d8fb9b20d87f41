using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>A forward cache's file belongs to one run at a time: found before anything is written, and not by the second run of many.</summary>
internal static class CacheFileUse
{
    /// <summary>Refuses runs that would have one file at once.</summary>
    /// <param name="cache">The runs' cache; null: the default.</param>
    /// <param name="jobs">How many runs are made at a time; null: as many as a scheduler likes.</param>
    /// <exception cref="ArgumentException">More than one, and they share a file.</exception>
    public static void Check(string? cache, int? jobs)
    {
        if (jobs == 1 || cache is null || CacheSpec.Parse(cache) is not { Folder: not null }) return;
        throw new ArgumentException($"--cache {cache} is a file, which one run has at a time, and {(jobs is { } many ? FormattableString.Invariant($"--jobs {many} makes {many}") : "nothing says that they come one by one")}: expected --jobs 1, or a cache in memory.");
    }
}
