using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>Runs benchmarks by a command line: BenchmarkDotNet's own options, and <c>--device NAME</c>.</summary>
public static class FreezingBenchmarks
{
    /// <summary>Runs one class.</summary>
    /// <returns>The exit code: 1 where a case failed, which the table shows as <c>NA</c>.</returns>
    /// <inheritdoc cref="Run(Assembly, string[], IConfig)"/>
    public static int Run<TBenchmark>(string[] args)
        where TBenchmark : FreezingBenchmark => Run(new BenchmarkSwitcher([typeof(TBenchmark)]), HasFilter(args) ? args : [.. args, "--filter", "*"], DefaultConfig.Instance);

    /// <summary>Runs an assembly's benchmarks, of which <c>--filter</c> chooses; without one BenchmarkDotNet asks.</summary>
    /// <param name="assembly">The assembly: its freezing benchmarks and others.</param>
    /// <param name="args">The command line.</param>
    /// <param name="config">The configuration; null: BenchmarkDotNet's default.</param>
    /// <returns>The exit code: 1 where a case failed, which the table shows as <c>NA</c>.</returns>
    /// <exception cref="ArgumentException"><c>--device</c> has no name, or one that there is not.</exception>
    /// <exception cref="Autograd.DeviceUnavailableException">The device does not work here.</exception>
    public static int Run(Assembly assembly, string[] args, IConfig? config = null) => Run(BenchmarkSwitcher.FromAssembly(assembly), args, config ?? DefaultConfig.Instance);

    private static int Run(BenchmarkSwitcher switcher, string[] args, IConfig config)
    {
        var rest = args.ToList();
        int at = rest.IndexOf("--device");
        if (at >= 0)
        {
            if (at + 1 == rest.Count) throw new ArgumentException("--device needs a name: " + string.Join(", ", Autograd.Devices.Names) + ".");
            // Opened once here: a name that is wrong is one line, and not a failure of each case.
            using (Autograd.Devices.Create(rest[at + 1])) { }
            // The processes that are timed inherit it.
            Environment.SetEnvironmentVariable(FreezingBenchmark.DeviceVariable, rest[at + 1]);
            rest.RemoveRange(at, 2);
        }
        Summary[] summaries = [.. switcher.Run([.. rest], config)];
        // A case that throws leaves an NA in its table; a script sees the exit code only.
        return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
    }

    private static bool HasFilter(string[] args) => args.Any(arg => arg is "--filter" or "-f");
}
