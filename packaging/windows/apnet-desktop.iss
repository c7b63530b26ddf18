; Inno Setup 6.3 or newer: the installer for one person, without an administrator.
;   ISCC.exe /DAppVersion=0.1.0 /DSource=..\..\dist\cpu\apnet-desktop /DVariant=cpu apnet-desktop.iss
; Silent: apnet-desktop-0.1.0-windows-cpu.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART   (exit code 0 is done)
; Cases and settings lie in %LOCALAPPDATA%\apnet-desktop: neither update nor uninstallation touches them.

#ifndef AppVersion
  #error Say the version: /DAppVersion=0.1.0
#endif
#ifndef Source
  #error Say the application's folder: /DSource=..\..\dist\cpu\apnet-desktop
#endif
#ifndef Variant
  #define Variant "cpu"
#endif

[Setup]
AppId={{6B0A3C1E-6B0E-4B57-9E0B-2C1F5D7A9E43}
AppName=APNet Desktop
AppVersion={#AppVersion}
AppPublisher=APNet Desktop maintainers
DefaultDirName={localappdata}\Programs\APNet Desktop
DefaultGroupName=APNet Desktop
DisableProgramGroupPage=yes
DisableDirPage=auto
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
OutputBaseFilename=apnet-desktop-{#AppVersion}-windows-{#Variant}
OutputDir=..\..\dist
Compression=lzma2/max
SolidCompression=yes
LZMAUseSeparateProcess=yes
; The CUDA application is larger than what one file may hold.
DiskSpanning={#Variant == "cuda" ? "yes" : "no"}
SetupIconFile={#Source}\apnet.ico
UninstallDisplayIcon={app}\apnet-desktop.exe
UninstallDisplayName=APNet Desktop
ChangesAssociations=yes
; An update asks the open window to close (Restart Manager) and starts nothing by itself.
CloseApplications=yes
RestartApplications=no
SetupLogging=yes

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"

[Tasks]
Name: "desktopicon"; Description: "Icon on the desktop / 桌面图标"; Flags: unchecked

[InstallDelete]
; An update leaves nothing of the older application behind.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Source}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\APNet Desktop"; Filename: "{app}\apnet-desktop.exe"
Name: "{userdesktop}\APNet Desktop"; Filename: "{app}\apnet-desktop.exe"; Tasks: desktopicon

[Registry]
; "Open with APNet" on a folder and on a folder's background: hospital slices often have no extension.
Root: HKA; Subkey: "Software\Classes\Directory\shell\APNet"; ValueType: string; ValueData: "Open with APNet / 用 APNet 打开"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\shell\APNet"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\apnet-desktop.exe"
Root: HKA; Subkey: "Software\Classes\Directory\shell\APNet\command"; ValueType: string; ValueData: """{app}\apnet-desktop.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Directory\Background\shell\APNet"; ValueType: string; ValueData: "Open with APNet / 用 APNet 打开"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\Background\shell\APNet"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\apnet-desktop.exe"
Root: HKA; Subkey: "Software\Classes\Directory\Background\shell\APNet\command"; ValueType: string; ValueData: """{app}\apnet-desktop.exe"" ""%V"""
; .dcm: offered beside the viewer that is there, which stays the default.
Root: HKA; Subkey: "Software\Classes\APNet.dicom"; ValueType: string; ValueData: "DICOM file"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\APNet.dicom\DefaultIcon"; ValueType: string; ValueData: "{app}\apnet-desktop.exe,0"
Root: HKA; Subkey: "Software\Classes\APNet.dicom\shell\open\command"; ValueType: string; ValueData: """{app}\apnet-desktop.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\.dcm\OpenWithProgids"; ValueType: string; ValueName: "APNet.dicom"; ValueData: ""; Flags: uninsdeletevalue
; Offered by "Open with" for ZIPs (a CT or an exported case) and DICOMDIR too.
Root: HKA; Subkey: "Software\Classes\Applications\apnet-desktop.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "APNet Desktop"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\apnet-desktop.exe\shell\open\command"; ValueType: string; ValueData: """{app}\apnet-desktop.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\apnet-desktop.exe\SupportedTypes"; ValueType: string; ValueName: ".dcm"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\apnet-desktop.exe\SupportedTypes"; ValueType: string; ValueName: ".zip"; ValueData: ""

[Run]
Filename: "{app}\apnet-desktop.exe"; Description: "APNet Desktop"; Flags: nowait postinstall skipifsilent unchecked
