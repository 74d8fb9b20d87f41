using System.CommandLine;

namespace ResearchFreeze.Cli;

/// <summary><c>--device</c>, which most verbs have.</summary>
internal static class DeviceOption
{
    public static Option<string> Create(string otherwise) => new("--device") { HelpName = "NAME", Description = "auto, cpu, opencl[:i], cuda[:i] or reference", DefaultValueFactory = _ => otherwise };
}
