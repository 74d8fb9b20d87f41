/// <summary>
/// The runtime calls this before the program of a child process, where <c>DOTNET_STARTUP_HOOKS</c> names this assembly (it wants the type's name, and no namespace). At the end it writes down what was loaded.
/// </summary>
internal static class StartupHook
{
    /// <summary>Names the file that gets the assemblies' names, one a line.</summary>
    public const string FileVariable = "RESEARCHFREEZE_LOADED_ASSEMBLIES";

    public static void Initialize()
    {
        string file = Environment.GetEnvironmentVariable(FileVariable) ?? throw new InvalidOperationException($"{FileVariable} is not set.");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.WriteAllLines(file, AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name ?? ""));
    }
}
