using ResearchFreeze.Autograd;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>The devices, as <c>freeze devices</c> and <c>freeze doctor</c> print them: a star beside the one that auto picks, what each is, and below it why it cannot be used.</summary>
internal static class DeviceList
{
    public static void Print(IAnsiConsole console, IReadOnlyList<DeviceChoice> devices, (string Name, string Reason) picked)
    {
        int width = console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue, names = devices.Max(device => device.Name.Length);
        foreach (DeviceChoice device in devices)
        {
            Say($"{(device.Name == picked.Name ? '*' : ' ')} {device.Name.PadRight(names)}  ", device.Description);
            if (device.Reason.Length > 0) Say(new string(' ', names + 4), $"{(device.IsUsable ? "" : "not usable: ")}{device.Reason}");
        }
        Say("", $"* auto picks {picked.Name}: {picked.Reason}");

        void Say(string prefix, string text)
        {
            foreach (string line in WordWrap.Lines(prefix, text, width, names + 4)) console.WriteLine(line);
        }
    }
}
