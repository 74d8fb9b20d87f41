using System.CommandLine;
using ResearchFreeze.Autograd;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze devices</c>: what there is, what would be picked and why.</summary>
internal static class DevicesVerb
{
    public static Command Create(IAnsiConsole console)
    {
        var command = new Command("devices", "Lists the devices, and says which would be picked and why.");
        command.SetAction(_ => Show(console));
        return command;
    }

    private static int Show(IAnsiConsole console)
    {
        IReadOnlyList<DeviceChoice> choices = Devices.List();
        (string picked, string reason) = Devices.Picked();
        Table table = Tables.New("device", "what it is", "usable", "note");
        foreach (DeviceChoice choice in choices)
            table.AddRow(Markup.Escape(choice.Name == picked ? $"{choice.Name} *" : choice.Name), Markup.Escape(choice.Description), choice.IsUsable ? "yes" : "no", Markup.Escape(choice.Reason));
        Tables.Write(console, table);
        console.WriteLine($"auto picks {picked}: {reason}");
        console.WriteLine($"SIMD level {CpuDevice.Best}, {Environment.ProcessorCount} threads");
        return 0;
    }
}
