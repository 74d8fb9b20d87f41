using System.CommandLine;
using ResearchFreeze.Autograd;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze devices</c>: what there is, what would be picked and why.</summary>
internal static class DevicesVerb
{
    public static Command Create(IAnsiConsole console)
    {
        var command = new Verb("devices", "Lists the devices, and says which would be picked and why.");
        command.SetAction(_ => Show(console));
        return command;
    }

    private static int Show(IAnsiConsole console)
    {
        DeviceList.Print(console, Devices.List(), Devices.Picked());
        console.WriteLine($"SIMD level {CpuDevice.Best}, {Environment.ProcessorCount} threads");
        return 0;
    }
}
