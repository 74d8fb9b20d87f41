using System.CommandLine;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary><c>--threads</c>, which several verbs have.</summary>
internal static class ThreadsOption
{
    public static Option<int> Create() => new("--threads") { HelpName = "N", Description = "Threads on the CPU; 0: one for each processor", DefaultValueFactory = _ => 0 };

    /// <summary>The threads that are asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="threads">The option.</param>
    /// <param name="device">The device that the verb will use.</param>
    /// <param name="otherwise">How many where the option is not given.</param>
    /// <exception cref="ArgumentException">It is no number of threads, or the device has none of its own.</exception>
    public static int Checked(ParseResult parsed, Option<int> threads, string device, int otherwise = 0)
    {
        if (!parsed.IsGiven(threads)) return otherwise;
        int count = parsed.GetValue(threads);
        if (count is < 0 or > RunSettings.MostThreads) throw new ArgumentException($"{threads.Name} must be between 0 and {RunSettings.MostThreads}, found {count}.");
        // For auto they are what is wanted of the CPU, should it be picked.
        return device is "cpu" or "auto" ? count : throw new ArgumentException($"{threads.Name} has no effect with --device {device}: only the CPU has threads.");
    }
}
