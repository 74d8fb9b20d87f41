using System.Diagnostics;

namespace ResearchFreeze.Evaluation;

/// <summary>What tells a process from all others, and whether it still is there.</summary>
internal static class ProcessMark
{
    private const int StateAt = 0, StartAt = 19;

    /// <summary>Where numbers of processes mean the same as here. Two containers of one name, or one machine before and after a restart, are two places.</summary>
    public static string Place { get; } = OperatingSystem.IsLinux() ? $"{Environment.MachineName}/{Text("/proc/sys/kernel/random/boot_id")}/{new FileInfo("/proc/self/ns/pid").LinkTarget}" : Environment.MachineName;

    /// <summary>When a process of this place began, in whatever unit; null: there is none of this number, or it has ended and is a zombie.</summary>
    public static string? Of(int process)
    {
        if (!OperatingSystem.IsLinux()) return Elsewhere(process);
        // "12 (a name) S 1 …": the name may hold anything.
        string? stat = Text($"/proc/{process}/stat");
        if (stat is null) return null;
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields[StateAt] is "Z" or "X" ? null : fields[StartAt];
    }

    private static string? Elsewhere(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return found.StartTime.ToUniversalTime().ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
